// Opens a store when told to on stdin and says on stdout how that went; then
// holds it until it is killed. Started by store-lock.test.ts.
import { once } from "node:events";
import { writeSync } from "node:fs";
import { setInterval } from "node:timers";

const [storeUrl, folder] = process.argv.slice(2);
const { openNodeStore } = await import(storeUrl);
writeSync(1, "ready\n");
await once(process.stdin, "data");
await openNodeStore(folder).then(
  () => writeSync(1, "open\n"),
  (error) => writeSync(1, `${error.code}\n`),
);
setInterval(() => undefined, 1000);
