/** The words of the commands about who belongs to the farm. */
import { rename, revoke, showDevices } from "./device-commands.ts";
import { pairBrowser } from "./browser-command.ts";
import { join, type JoinOptionsTyped } from "./join-command.ts";
import { pair, type PairOptions } from "./pair-command.ts";
import type { NodeOptionsTyped } from "./queue-commands.ts";
import type { Registration } from "./registration.ts";
import { dataOption, jsonOption } from "./shared-options.ts";

/** Adds the commands that pair, join, revoke and rename. */
export function registerPairing({
  program,
  context,
  onDone,
}: Registration): void {
  program
    .command("pair")
    .usage("[--link]")
    .description("on the master: show a code that lets one computer join")
    .option("--browser", "let one browser open the window from elsewhere")
    .option("--link", "print a link and QR code instead, good for an hour")
    .option("--ask", "ask here before the computer is let in")
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options: PairOptions) =>
      onDone(
        options.browser
          ? await pairBrowser(context, options)
          : await pair(context, options),
      ),
    );
  program
    .command("join")
    .usage("HOST[:PORT]|LINK")
    .description("on the other computer: help a master's farm")
    .argument("<master>", "the master's address, or a join link")
    .option("--code <code>", "the six digits it shows (else asked for)")
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (master: string, options: JoinOptionsTyped) =>
      onDone(await join(context, master, options)),
    );
  program
    .command("devices")
    .usage("")
    .description("list the paired computers and browsers")
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options: NodeOptionsTyped) =>
      onDone(await showDevices(context, options)),
    );
  program
    .command("revoke")
    .usage("DEVICE")
    .description("put a paired computer or browser out, at once")
    .argument("<device>", "its name or id, see `reelfarm devices`")
    .addOption(dataOption())
    .action(async (device: string, options: NodeOptionsTyped) =>
      onDone(await revoke(context, device, options)),
    );
  program
    .command("rename")
    .usage("NAME [DEVICE]")
    .description("rename this computer, or a paired one")
    .argument("<name>", "the new name")
    .argument("[device]", "its name or id, see `reelfarm devices`")
    .addOption(dataOption())
    .action(
      async (
        name: string,
        device: string | undefined,
        options: NodeOptionsTyped,
      ) => onDone(await rename(context, name, device, options)),
    );
}
