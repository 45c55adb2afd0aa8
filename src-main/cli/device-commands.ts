/** `devices`, `revoke`, `rename`: who belongs to the farm. */
import { parseDeviceId } from "../core/device-name.ts";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { UiBrowser } from "../protocol/ui-lan.ts";
import type { UiDevice } from "../protocol/ui-pairing.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import type { FarmView } from "./farm-view.ts";
import { withNode, type NodeOptionsTyped } from "./queue-commands.ts";
import { renderTable, type TableColumn } from "./table.ts";

const columns: readonly TableColumn[] = [
  { title: "NAME", shrinks: true },
  { title: "IS" },
  { title: "NOW" },
  { title: "ID" },
];

export async function showDevices(
  context: CommandContext,
  options: NodeOptionsTyped,
): Promise<number> {
  const { terminal } = context;
  const { devices, browsers } = await withNode(
    context,
    options,
    async (node) => ({
      devices: await node.ask({ type: "list-devices" }),
      browsers: await browsersOf(node),
    }),
  );
  const rows = [...devices.map(deviceRow), ...browsers.map(browserRow)];
  if (options.json) terminal.printJson([...devices, ...browsers]);
  else if (rows.length === 0) terminal.note("No device is paired.");
  else
    for (const line of renderTable(columns, rows, terminal.columns))
      terminal.print(line);
  return exitCodes.ok;
}

function deviceRow(device: UiDevice): string[] {
  const roles = [
    ...(device.isMaster ? ["master"] : []),
    ...(device.isWorker ? ["worker"] : []),
  ];
  return [
    device.name,
    roles.join(", "),
    device.isConnected ? "connected" : "away",
    device.idText,
  ];
}

async function browsersOf(node: FarmView): Promise<readonly UiBrowser[]> {
  const { node: row } = await node.ask({ type: "snapshot" });
  return row.lanWindow?.browsers ?? [];
}

function browserRow({ name, isConnected, browserId }: UiBrowser): string[] {
  return [name, "browser", isConnected ? "connected" : "away", browserId];
}

/** The device is out at once; what it had in work goes to others. */
export function revoke(
  context: CommandContext,
  named: string,
  options: NodeOptionsTyped,
): Promise<number> {
  return withNode(context, options, async (node) => {
    const browserId = await findBrowser(node, named);
    if (browserId !== null) {
      await node.ask({ type: "revoke-browser", browserId });
      return exitCodes.ok;
    }
    const deviceId = await findDevice(node, named);
    await node.ask({ type: "revoke-device", deviceId });
    return exitCodes.ok;
  });
}

/** Without a device: this node. */
export function rename(
  context: CommandContext,
  name: string,
  named: string | undefined,
  options: NodeOptionsTyped,
): Promise<number> {
  return withNode(context, options, async (node) => {
    if (named === undefined) await node.ask({ type: "rename-node", name });
    else {
      const deviceId = await findDevice(node, named);
      await node.ask({ type: "rename-device", deviceId, name });
    }
    return exitCodes.ok;
  });
}

/** By id, or by a name that no device and no other browser has; null: it is none. */
async function findBrowser(
  node: FarmView,
  named: string,
): Promise<string | null> {
  const browsers = await browsersOf(node);
  const byId = browsers.find((one) => one.browserId === named);
  if (byId !== undefined) return byId.browserId;
  const [browser, ...others] = browsers.filter(({ name }) => name === named);
  if (browser === undefined) return null;
  const devices = await node.ask({ type: "list-devices" });
  if (others.length > 0 || devices.some(({ name }) => name === named))
    throw new Failure(
      "usage",
      `Several devices are called “${named}”; use an id of \`reelfarm devices\`.`,
    );
  return browser.browserId;
}

/** By name, id, or the beginning of the id; a device let in by hand has only its id. */
async function findDevice(node: FarmView, named: string): Promise<DeviceId> {
  const devices = await node.ask({ type: "list-devices" });
  const id = parseDeviceId(named);
  if (id !== null) return id;
  const start = named.toUpperCase();
  const found = devices.filter(
    ({ name, idText }) =>
      name === named || (start.length >= 4 && idText.startsWith(start)),
  );
  const [device] = found;
  if (device === undefined) throw new Failure("device-unknown", named);
  if (found.length > 1)
    throw new Failure(
      "usage",
      `Several devices are called “${named}”; use an id of \`reelfarm devices\`.`,
    );
  return device.deviceId;
}
