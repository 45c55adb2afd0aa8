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
