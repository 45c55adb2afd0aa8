/** The window on another device of the home: switched on, logged in to by code, put out again. */
import { describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { accessibilityProblems, openPage } from "../fixtures/browser.ts";
import { expectSoon, hasNoBrowser, Windows } from "../fixtures/windows.ts";

describe.skipIf(hasNoBrowser)("the window on another device", () => {
  const windows = new Windows();

  test("its owner opens it and lets a browser in, which sees the queue, sends a file, and is put out at once", async () => {
    const farm = await windows.start("den", "both");
    const lan = () => farm.node.host.snapshot().node.lanWindow;
    await farm.node.host.handle({ type: "change-lan-window", port: 0 });
    const owner = await windows.open(farm, "settings");
    await owner.getByRole("switch", { name: /open this window/ }).click();
    await owner.getByText("https://127.0.0.1:").waitFor();
    const url = lan()?.urls[0] ?? "";
    const shown = await owner.locator(".fingerprint").innerText();
    expect(shown.replaceAll(/\s/g, "")).toBe(lan()?.fingerprint);

    const { page: phone, errors } = await openPage(windows.browser, url, {
      ...{ acceptsCertificate: true, width: 390, height: 800 },
      ...{ scheme: "dark", locale: "de-DE" },
    });
    await phone.getByRole("heading", { name: /anderen Gerät/ }).waitFor();
    expect(await accessibilityProblems(phone)).toEqual([]);
    await owner.getByRole("button", { name: "Let a browser in" }).click();
    const code = (await owner.locator(".code").innerText()).replaceAll(
      /\D/g,
      "",
    );
    expect(await accessibilityProblems(owner)).toEqual([]);
    await type(phone, code === "000000" ? "000001" : "000000");
    await phone.getByText("Dieser Code stimmt nicht.").waitFor();
    expect(await accessibilityProblems(phone)).toEqual([]);
    await owner.getByText("4 tries left").waitFor();
    await type(phone, code);
    await phone.getByRole("heading", { name: "Warteschlange" }).waitFor();
    await owner.getByText("is let in").waitFor();
    await owner.keyboard.press("Escape");

    const sent = await phone.evaluate(
      'fetch("/upload?name=a.mkv", { method: "POST", body: "film" }).then(({ status }) => status)',
    );
    expect(sent).toBe(200);
    await phone.evaluate('location.hash = "workers"');
    await phone.getByRole("article").first().waitFor();
    expect(
      await phone.getByRole("button", { name: "Rechner hinzufügen" }).count(),
    ).toBe(0);
    await phone.evaluate('location.hash = "settings"');
    await phone.getByRole("heading", { name: "Dieser Browser" }).waitFor();
    expect(await phone.getByRole("radio").count()).toBe(0);
    expect(await accessibilityProblems(phone)).toEqual([]);
    await phone.reload();
    await phone.getByRole("heading", { name: "Dieser Browser" }).waitFor();

    await owner.getByText("open now").waitFor();
    expect(await accessibilityProblems(owner)).toEqual([]);
    await owner.getByRole("button", { name: /^Log out: Chrome/ }).click();
    await owner
      .getByRole("alertdialog")
      .getByRole("button", { name: "Log out" })
      .click();
    await phone.getByRole("heading", { name: /anderen Gerät/ }).waitFor();
    await expectSoon(() => lan()?.browsers).toEqual([]);
    // A wrong code is answered by 403, which browsers write down.
    expect(errors.filter((line) => !line.includes("403"))).toEqual([]);
    await phone.context().close();
  });
});

async function type(page: Page, code: string): Promise<void> {
  await page.locator("input[autocomplete=one-time-code]").focus();
  await page.keyboard.type(code);
}
