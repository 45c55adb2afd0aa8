/**
 * Settings of version 2: the window's page was for this computer only, and a
 * hash of its token was foreseen that nobody ever wrote.
 */
import { z } from "zod";
import { defaultSettings } from "../protocol/settings.ts";

const indexSchema = z.looseObject({ settings: z.looseObject({}) });
const changeSchema = z.looseObject({
  op: z.literal("settings"),
  change: z.looseObject({}),
});

export function indexFromVersion2(data: unknown): unknown {
  const index = indexSchema.parse(data);
  return {
    ...index,
    settings: { ...defaultSettings, ...withoutTokenHash(index.settings) },
  };
}

export function entryFromVersion2(data: unknown): unknown {
  const parsed = changeSchema.safeParse(data);
  if (!parsed.success) return data;
  return { ...parsed.data, change: withoutTokenHash(parsed.data.change) };
}

function withoutTokenHash(settings: object): object {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => name !== "uiTokenHash"),
  );
}
