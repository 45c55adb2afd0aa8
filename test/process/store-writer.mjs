// Carries out a list of changes on a store, four at a time, and tells on stdout
// up to which all are acknowledged. Started and killed by store-kill.test.ts.
import { readFileSync, writeSync } from "node:fs";

const [storeUrl, folder, listFile, first] = process.argv.slice(2);
const { openNodeStore } = await import(storeUrl);
const changes = JSON.parse(readFileSync(listFile, "utf8"));
const store = await openNodeStore(folder, { journalLimitBytes: 20_000 });
// A segment of a job that must be read first would come after its neighbours.
for (const { id } of store.jobs()) await store.jobDetails(id);
writeSync(1, "open\n");
for (let n = Number(first); n < changes.length; n += 4) {
  const four = changes.slice(n, n + 4);
  await Promise.all(four.map(([method, ...rest]) => store[method](...rest)));
  writeSync(1, `${n + four.length}\n`);
}
await store.close();
