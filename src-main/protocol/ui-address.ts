import { z } from "zod";

const addressSchema = z.object({
  url: z.url({ protocol: /^http$/ }),
  token: z.string().min(1),
  pid: z.number().int().positive(),
});
/** Where programs of the same user reach a node: the content of its ui.json. */
export type UiAddress = z.infer<typeof addressSchema>;

/** Reads the text of a ui.json; null when it is none. */
export function parseUiAddress(text: string): UiAddress | null {
  try {
    return addressSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

const windowKeySchema = z.object({
  token: z.string().regex(/^[A-Za-z0-9_-]{32}$/),
  port: z.number().int().min(1).max(65_535).nullable(),
});

/** What a node's window keeps over restarts: the content of its window-key.json. */
export type WindowKey = z.infer<typeof windowKeySchema>;

/** Reads the text of a window-key.json; null when it is none. */
export function parseWindowKey(text: string): WindowKey | null {
  try {
    return windowKeySchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
