/** What a worker can do or lacks, in words. Reactive. */
import {
  videoEncoders,
  type AudioEncoder,
} from "../../../src-main/core/recipe.ts";
import { t } from "../../messages/messages.svelte.ts";
import { audioNames, encoderName } from "./codec-names.ts";

/** `encoder:svt-av1` → `AV1`; a key nobody has a word for stays as it is. */
export function capabilityName(key: string): string {
  const [kind, name = ""] = key.split(":");
  const encoder = videoEncoders.find((one) => one === name);
  if (kind === "encoder" && encoder !== undefined) return encoderName(encoder);
  if (kind === "audio") return audioNames[name as AudioEncoder] ?? name;
  if (key === "filter:zscale") return t("presets.needs-hdr");
  return key === "filter:subtitles" ? t("presets.needs-subtitles") : key;
}
