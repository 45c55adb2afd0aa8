import type { ControlLink } from "./control-link.ts";
import type { Identity } from "./identity.ts";
import type { Timers } from "./link-limits.ts";
import { choosePool, freshPool, poolLookMs } from "./pool-size.ts";
import { connectSecurely } from "./secure-socket.ts";
import type { NetAddress } from "./secure-socket.ts";
import { dataPath, openWebSocket, sessionHeader } from "./web-socket.ts";

export interface DialPlan {
  readonly identity: Identity;
  readonly address: NetAddress;
  readonly timeoutMs: number;
}

const firstRetryMs = 100;
const lastRetryMs = 5_000;

/**
 * Keeps a client's data connections: as many as the rule wants, dialled anew
 * when they die, until the link is closed.
 */
export function keepDataPool(
  link: ControlLink,
  plan: DialPlan,
  timers: Timers,
): void {
  const end = new AbortController();
  let memory = freshPool;
  let wanted = 1;
  let dialing = 0;
  let retryMs = firstRetryMs;
  let lastBytes = bulkBytes(link);

  const fill = (): void => {
    while (link.isOpen && link.dataSockets + dialing < wanted) {
      dialing += 1;
      dial(link, plan, end.signal, fill).then(
        () => {
          dialing -= 1;
          retryMs = firstRetryMs;
          fill();
        },
        () => {
          timers.after(retryMs, () => {
            dialing -= 1;
            fill();
          });
          retryMs = Math.min(lastRetryMs, retryMs * 2);
        },
      );
    }
  };

  const look = (): void => {
    const bytes = bulkBytes(link);
    const choice = choosePool(memory, {
      sockets: wanted,
      bytesPerSecond: ((bytes - lastBytes) * 1000) / poolLookMs,
      waiting: link.hub.takeWaiting(),
    });
    lastBytes = bytes;
    memory = choice.memory;
    if (choice.sockets < wanted) link.dropDataSocket();
    wanted = choice.sockets;
    fill();
  };

  const stopLooking = timers.every(poolLookMs, look);
  void link.closed.then(() => {
    stopLooking();
    end.abort();
  });
  fill();
}

function bulkBytes(link: ControlLink): number {
  return link.transfers.bytesSent() + link.transfers.bytesReceived();
}

async function dial(
  link: ControlLink,
  plan: DialPlan,
  signal: AbortSignal,
  closed: () => void,
): Promise<void> {
  const { identity, address, timeoutMs } = plan;
  const dialing = { signal, timeoutMs };
  const wire = await connectSecurely(identity, address, link.peerId, dialing);
  const headers = { [sessionHeader]: link.session };
  const socket = await openWebSocket(wire, dataPath, headers, timeoutMs);
  link.addDataSocket(socket, wire, closed);
}
