/** `pair --browser`: shows a code that lets one browser of the home open the window. */
import { renderUnicodeCompact } from "uqr";
import { formatPairingCode } from "../core/pairing/pairing-code.ts";
import type { UiSnapshot } from "../protocol/ui-contract.ts";
import type { UiLanWindow } from "../protocol/ui-lan.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import type { FarmView } from "./farm-view.ts";
import { withNode, type NodeOptionsTyped } from "./queue-commands.ts";

/** Exit code 1 when nobody came in time. */
export function pairBrowser(
  context: CommandContext,
  options: NodeOptionsTyped,
): Promise<number> {
  return withNode(context, options, async (node) => {
    const { terminal, lifetime } = context;
    const offer = await node.ask({ type: "offer-browser-code" });
    const { node: row } = await node.ask({ type: "snapshot" });
    if (options.json) {
      terminal.printJson({ ...offer, urls: row.lanWindow?.urls ?? [] });
      return exitCodes.ok;
    }
    if (row.lanWindow !== null) showPage(context, row.lanWindow);
    terminal.print(`Code: ${formatPairingCode(offer.code)}`);
    terminal.note("It is good for one browser and two minutes.");
    lifetime.signal.addEventListener("abort", () => {
      node.ask({ type: "withdraw-browser-code" }).catch(() => undefined);
    });
    return (await cameIn(context, node, row.lanWindow))
      ? exitCodes.ok
      : exitCodes.failed;
  });
}

function showPage(
  { terminal }: CommandContext,
  { urls, fingerprint }: UiLanWindow,
): void {
  const [first] = urls;
  if (first !== undefined)
    terminal.note(renderUnicodeCompact(first, { border: 2 }));
  terminal.note(`Open there: ${urls.join(" or ")}`);
  terminal.note("The browser warns once. Compare its certificate's SHA-256:");
  terminal.note(`  ${fingerprint}`);
}

/** Tells who comes in, until somebody did or the code is gone. */
function cameIn(
  { terminal }: CommandContext,
  node: FarmView,
  before: UiLanWindow | null,
): Promise<boolean> {
  const known = new Set(before?.browsers.map((one) => one.browserId));
  let triesLeft = before?.offer?.triesLeft ?? 0;
  return new Promise((resolve, reject) => {
    const look = ({ node: { lanWindow } }: UiSnapshot): void => {
      const arrived = lanWindow?.browsers.find(
        (one) => !known.has(one.browserId),
      );
      const offer = lanWindow?.offer ?? null;
      if (arrived !== undefined) {
        terminal.print(`Let in: ${arrived.name}, ${arrived.address}`);
        finish(true);
      } else if (offer === null) {
        terminal.note("The code is not good any more.");
        finish(false);
      } else if (offer.triesLeft < triesLeft) {
        triesLeft = offer.triesLeft;
        terminal.note(`A wrong code was typed; ${triesLeft} tries are left.`);
      }
    };
    const finish = (isIn: boolean): void => {
      stop();
      resolve(isIn);
    };
    let stop = (): void => undefined;
    stop = node.watch(look, reject);
  });
}
