import { expect, test } from "vitest";
import { catalogue, explain } from "../../../../src-main/core/errors.ts";
import { failures as de } from "../../../../src-renderer/messages/de/failures.ts";
import { failureWords } from "../../../../src-renderer/messages/failure-words.ts";

test("every failure of the catalogue has German words with the same detail", () => {
  for (const [code, { text }] of Object.entries(catalogue)) {
    const german = de[code as keyof typeof catalogue];
    expect(german, code).toBeDefined();
    expect(german?.[0].includes("{detail}"), code).toBe(
      text.includes("{detail}"),
    );
  }
});

test("the detail is put in as it is", () => {
  const detail = "/films/a $& b.mkv";
  const failure = {
    code: "source-missing",
    detail,
    ...explain("source-missing", detail),
  };
  expect(failureWords(failure, "de").text).toBe(
    `Die Datei ${detail} ist nicht da.`,
  );
});

test("the node's words stay where there are no others", () => {
  const unknown = {
    code: "of-next-year",
    detail: "x",
    text: "Something.",
    nextStep: "Do.",
  };
  const old = { code: "not-media", text: "Something.", nextStep: "Do." };
  for (const failure of [unknown, old])
    expect(failureWords(failure, "de")).toMatchObject({
      text: "Something.",
      nextStep: "Do.",
    });
});
