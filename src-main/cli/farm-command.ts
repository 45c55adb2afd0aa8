/** `farm`: a master and three workers on loopback to play with, until Ctrl-C. */
import os from "node:os";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { startPrivateFarm } from "./private-farm.ts";
import { makePrivateFolder } from "./private-folder.ts";
import { uiLink } from "./serve-command.ts";
import { shareCores } from "./worker-share.ts";

const farmWorkers = 3;

export interface FarmOptions {
  readonly data?: string;
  readonly workers?: number;
}

export async function farm(
  context: CommandContext,
  options: FarmOptions,
): Promise<number> {
  const { terminal, lifetime } = context;
  const folder = await makePrivateFolder(options.data ?? os.tmpdir(), lifetime);
  const workers = options.workers ?? farmWorkers;
  const { node, masterFolder, broken } = await startPrivateFarm({
    folder,
    share: shareCores(os.availableParallelism(), workers),
    lifetime,
    onLog: (line) => terminal.note(line),
    ui: { host: "127.0.0.1", port: 0 },
    userFolder: dataFolderOf(context, undefined),
  });
  terminal.print(
    `A master and ${String(workers)} workers run on this machine.`,
  );
  terminal.print(`  data    ${masterFolder}`);
  if (node.ui) terminal.print(`  window  ${uiLink(node.ui)}`);
  terminal.print("Try, in another terminal:");
  terminal.print(`  reelfarm add FILE --data ${masterFolder}`);
  terminal.print(`  reelfarm queue --data ${masterFolder}`);
  terminal.print("Ctrl-C ends it all and removes its data.");
  await Promise.race([lifetime.untilInterrupted(), broken]);
  return exitCodes.ok;
}
