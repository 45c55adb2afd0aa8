/** `pair`: shows a code or link on the master and waits for who uses it. */
import { createInterface } from "node:readline/promises";
import { renderUnicodeCompact } from "uqr";
import { formatPairingCode } from "../core/pairing/pairing-code.ts";
import type { UiSnapshot } from "../protocol/ui-contract.ts";
import type { UiPairingOffer } from "../protocol/ui-pairing.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import type { FarmView } from "./farm-view.ts";
import { withNode, type NodeOptionsTyped } from "./queue-commands.ts";

export interface PairOptions extends NodeOptionsTyped {
  readonly link?: boolean;
  readonly ask?: boolean;
  readonly browser?: boolean;
}

/** Exit code 1 when nobody was paired in time. */
export function pair(
  context: CommandContext,
  options: PairOptions,
): Promise<number> {
  return withNode(context, options, async (node) => {
    const { terminal, lifetime } = context;
    const { node: before } = await node.ask({ type: "snapshot" });
    const mustAsk = options.ask ?? false;
    const offer = await node.ask({
      type: "start-pairing",
      means: options.link ? "link" : "code",
      mustAsk,
    });
    if (options.json) terminal.printJson(offer);
    else if (options.link) showLink(context, offer);
    else showCode(context, offer, before.listening ?? "");
    // A link is for later; who must be asked about is seen in the window too.
    if (options.link || options.json) return exitCodes.ok;
    lifetime.signal.addEventListener("abort", () => {
      node.ask({ type: "stop-pairing" }).catch(() => undefined);
    });
    return (await paired(context, node, before.pairing?.outcome?.number ?? 0))
      ? exitCodes.ok
      : exitCodes.failed;
  });
}

function showCode(
  { terminal }: CommandContext,
  offer: UiPairingOffer,
  listening: string,
): void {
  terminal.print(`Code: ${formatPairingCode(offer.text)}`);
  terminal.note("It is good for one computer and two minutes. Type there:");
  terminal.note(`  reelfarm join ${hostFor(listening)} --code ${offer.text}`);
}

function showLink({ terminal }: CommandContext, offer: UiPairingOffer): void {
  terminal.print(offer.text);
  terminal.note(renderUnicodeCompact(offer.text, { border: 2 }));
  terminal.note("It is good for one computer and one hour. Type there:");
  terminal.note(`  reelfarm join '${offer.text}'`);
}

/** What the other machine can dial, as far as this one knows. */
function hostFor(listening: string): string {
  return listening.replace(/^(0\.0\.0\.0|\[?::\]?)(?=:\d+$)/, "THIS-COMPUTER");
}

/** Tells what happens at the desk until a device is paired, or the code is gone. */
async function paired(
  context: CommandContext,
  node: FarmView,
  outcomesBefore: number,
): Promise<boolean> {
  let told = outcomesBefore;
  let asked = 0;
  return new Promise((resolve, reject) => {
    const look = ({ node: { pairing } }: UiSnapshot): void => {
      const outcome = pairing?.outcome ?? null;
      if (outcome !== null && outcome.number > told) {
        told = outcome.number;
        const who = `${outcome.name} (${outcome.idText}), ${outcome.address}`;
        if (outcome.refused === null) {
          context.terminal.print(`Paired: ${who}`);
          finish(true);
          return;
        }
        context.terminal.note(`Refused: ${who}: ${outcome.refused.text}`);
      }
      const visit = pairing?.visit ?? null;
      if (visit?.state === "asking" && visit.request !== asked) {
        asked = visit.request;
        const who = `${visit.name} (${visit.idText}), ${visit.address}`;
        void answer(context, node, visit.request, who).catch(reject);
      }
      if (visit === null && (pairing?.offers.length ?? 0) === 0) {
        context.terminal.note("The code is not good any more.");
        finish(false);
      }
    };
    const finish = (isPaired: boolean): void => {
      stop();
      resolve(isPaired);
    };
    let stop = (): void => undefined;
    stop = node.watch(look, reject);
  });
}

async function answer(
  { lifetime }: CommandContext,
  node: FarmView,
  request: number,
  who: string,
): Promise<void> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stderr,
  });
  try {
    const word = await lines.question(`Let in ${who}? [y/N] `, {
      signal: lifetime.signal,
    });
    const accepts = /^y(es)?$/i.test(word.trim());
    await node.ask({ type: "answer-pairing", request, accepts });
  } finally {
    lines.close();
  }
}
