/**
 * Settings of version 1: a host to listen on, masters and allowed devices in
 * two lists, hours as stretches of minutes, an output folder of its own.
 */
import { z } from "zod";
import type { DeviceId } from "../core/identifiers.ts";
import {
  daysPerWeek,
  hoursPerDay,
  withHour,
  type WeekHours,
} from "../core/worker-limits.ts";
import { deviceIdSchema } from "../protocol/identifier-schemas.ts";
import type { Peer } from "../protocol/peer.ts";
import { defaultSettings, type Settings } from "../protocol/settings.ts";

const hoursSchema = z.array(
  z.strictObject({
    day: z.int().min(0).max(6),
    startMinute: z.int().min(0).max(1440),
    endMinute: z.int().min(0).max(1440),
  }),
);

const settingsSchema = z.strictObject({
  name: z.string(),
  role: z.enum(["undecided", "master", "worker", "both"]),
  listen: z.strictObject({ host: z.string(), port: z.int() }),
  discovery: z.boolean(),
  masters: z.array(
    z.strictObject({
      deviceId: deviceIdSchema,
      label: z.string(),
      address: z.string(),
    }),
  ),
  allowedDevices: z.array(
    z.strictObject({
      deviceId: deviceIdSchema,
      label: z.string(),
      allowedAtMs: z.number(),
    }),
  ),
  limits: z.strictObject({
    enabled: z.boolean(),
    idleMinutes: z.number().nullable(),
    onlyOnMains: z.boolean(),
    hours: hoursSchema.nullable(),
    threads: z.int().nullable(),
    lowPriority: z.boolean(),
    pausedUntilMs: z.number().nullable(),
  }),
  queuePaused: z.boolean(),
  outputFolder: z.string().nullable(),
  defaultPreset: z.string().nullable(),
  ffmpegPath: z.string().nullable(),
  ffprobePath: z.string().nullable(),
  uiTokenHash: z.string().nullable(),
});
type OldSettings = z.infer<typeof settingsSchema>;
type OldChange = { readonly [Name in keyof OldSettings]?: OldSettings[Name] };

const changeSchema = z.object({
  op: z.literal("settings"),
  change: settingsSchema.partial(),
});
const indexSchema = z.looseObject({ settings: settingsSchema });

export function indexFromVersion1(data: unknown): unknown {
  const index = indexSchema.parse(data);
  const settings = upgraded(index.settings, defaultSettings);
  return { ...index, settings: { ...defaultSettings, ...settings } };
}

/** A change named only what it changed, so the peers of before are needed. */
export function entryFromVersion1(data: unknown, before: Settings): unknown {
  const parsed = changeSchema.safeParse(data);
  if (!parsed.success) return data;
  const change = parsed.data.change as OldChange;
  return { op: "settings", change: upgraded(change, before) };
}

function upgraded(old: OldChange, before: Settings): Partial<Settings> {
  const { listen, masters, allowedDevices, limits, outputFolder, ...same } =
    old;
  const arePeersChanged = masters !== undefined || allowedDevices !== undefined;
  return {
    ...same,
    ...(listen && listening(listen)),
    ...(arePeersChanged && { peers: peersOf(before, masters, allowedDevices) }),
    ...(limits && { limits: limitsOf(limits) }),
    ...(outputFolder !== undefined && {
      output: { ...defaultSettings.output, folder: outputFolder },
    }),
  };
}

/** Port 0 meant that nobody had chosen one. */
function listening({
  host,
  port,
}: OldSettings["listen"]): Pick<Settings, "listenPort" | "interfaces"> {
  const isAll = host === "" || host === "0.0.0.0" || host === "::";
  return {
    listenPort: port === 0 ? defaultSettings.listenPort : port,
    interfaces: isAll ? null : [host],
  };
}

function limitsOf(old: OldSettings["limits"]): Settings["limits"] {
  const { enabled, lowPriority, hours, ...same } = old;
  return {
    ...defaultSettings.limits,
    ...same,
    isEnabled: enabled,
    isLowPriority: lowPriority,
    hours: hours && weekHoursOf(hours),
  };
}

/** An hour that was allowed in part is not allowed any more: rather less than the owner meant. */
function weekHoursOf(stretches: z.infer<typeof hoursSchema>): WeekHours {
  let hours: WeekHours = Array.from({ length: daysPerWeek }, () => 0);
  for (const { day, startMinute, endMinute } of stretches)
    for (let hour = 0; hour < hoursPerDay; hour++)
      if (startMinute <= hour * 60 && (hour + 1) * 60 <= endMinute)
        hours = withHour(hours, day, hour, true);
  return hours;
}

/** Left out: that list is as it was before. The first master of the list was served first. */
function peersOf(
  before: Settings,
  masters: OldSettings["masters"] | undefined,
  allowed: OldSettings["allowedDevices"] | undefined,
): readonly Peer[] {
  const peers = new Map(
    before.peers.map((peer) => [
      peer.deviceId,
      {
        ...peer,
        isMaster: masters === undefined && peer.isMaster,
        isWorker: allowed === undefined && peer.isWorker,
      },
    ]),
  );
  for (const { deviceId, label, allowedAtMs } of allowed ?? [])
    peers.set(deviceId, {
      ...(peers.get(deviceId) ?? strangerOf(deviceId)),
      name: label,
      pairedAtMs: allowedAtMs,
      isWorker: true,
    });
  for (const [at, { deviceId, label, address }] of (masters ?? []).entries())
    peers.set(deviceId, {
      ...(peers.get(deviceId) ?? strangerOf(deviceId)),
      name: label,
      lastAddresses: address === "" ? [] : [address],
      isMaster: true,
      masterPriority: at,
    });
  return [...peers.values()].filter((one) => one.isMaster || one.isWorker);
}

const strangerOf = (deviceId: DeviceId): Peer => ({
  deviceId,
  name: "",
  pairedAtMs: 0,
  lastSeenAtMs: null,
  lastAddresses: [],
  isWorker: false,
  isMaster: false,
  masterPriority: 0,
});
