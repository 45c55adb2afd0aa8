import type { UiRefusedLogin } from "../../../src-main/protocol/ui-lan.ts";

/** Why a login did not work; a text of messages/<language>/login.ts each. */
export type LoginTrouble = "wrong" | "closed" | "limit" | "failed";

const troubles: Readonly<Record<string, LoginTrouble>> = {
  "pairing-code-wrong": "wrong",
  "pairing-closed": "closed",
  "pairing-limit": "limit",
};

/** Shows the code to the node, which lets this browser in by a cookie. Null: it did. */
export async function logIn(
  code: string,
  name: string,
): Promise<LoginTrouble | null> {
  try {
    const answer = await fetch("/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code, name }),
    });
    if (answer.ok) return null;
    const { failure } = (await answer.json()) as UiRefusedLogin;
    return troubles[failure.code] ?? "failed";
  } catch {
    return "failed";
  }
}
