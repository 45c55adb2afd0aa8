import { expect, it } from "vitest";
import { defaultSettings } from "../../../src-main/protocol/settings.ts";
import { openNodeStore } from "../../../src-main/store/node-store.ts";
import { PowerCutDisk } from "./power-cut-disk.ts";
import { journalText, storedText } from "./stored-text.ts";

const folder = "/home/data";

it("opens settings of version 2, whose window was for its own computer only", async () => {
  const disk = new PowerCutDisk();
  const added = ["uiLanPort", "uiLanFolders", "browsers"];
  const old = Object.fromEntries(
    Object.entries(defaultSettings).filter(([name]) => !added.includes(name)),
  );
  const settings = { ...old, uiTokenHash: "ab", name: "cellar" };
  disk.put(
    `${folder}/node.json`,
    storedText("node", 2, { sequence: 1, settings, attempts: [], jobs: [] }),
  );
  disk.put(
    `${folder}/journal-${"2".padStart(15, "0")}.log`,
    journalText(2, 2, [
      { op: "settings", change: { uiTokenHash: null, role: "both" } },
    ]),
  );
  const store = await openNodeStore(folder, { files: disk });
  expect(store.settings).toEqual({
    ...defaultSettings,
    name: "cellar",
    role: "both",
  });
});
