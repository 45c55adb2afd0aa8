import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectToNode } from "../../../src-main/cli/ui-connection.ts";
import type { UiSnapshot } from "../../../src-main/protocol/ui-contract.ts";
import {
  startUiServer,
  type UiServer,
} from "../../../src-main/ui-server/ui-server.ts";
import { FakeUiHost, fakeUiJob } from "../../fixtures/fake-ui-host.ts";

const token = "0123456789abcdef0123456789abcdef";
let host: FakeUiHost;
let server: UiServer;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-connection-"));
  host = new FakeUiHost([fakeUiJob("one")]);
  const listen = { host: "127.0.0.1", port: 0 };
  server = await startUiServer({ host, listen, token });
  await announce(server.url, token);
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function announce(url: string, withToken: string): Promise<void> {
  const text = JSON.stringify({ url, token: withToken, pid: 1 });
  return writeFile(path.join(folder, "ui.json"), text);
}

test("answers are the node's, refusals keep its words", async () => {
  const node = await connectToNode(folder);
  expect(await node.ask({ type: "snapshot" })).toEqual(host.snapshot());
  await expect(
    node.ask({ type: "cancel-job", jobId: "x" }),
  ).rejects.toMatchObject({
    failure: { code: "job-unknown", text: "There is no job x." },
  });
  await node.close();
});

test("changes arrive; a lost one is made good by the whole state", async () => {
  const node = await connectToNode(folder);
  const names: string[] = [];
  let wake: () => void = () => undefined;
  node.watch((state: UiSnapshot) => {
    names.push(state.jobs.map((job) => job.jobId).join("+"));
    wake();
  });
  const seen = async (text: string): Promise<void> => {
    while (!names.includes(text))
      await new Promise<void>((resolve) => (wake = resolve));
  };
  await seen("one");
  host.changeJobs([fakeUiJob("two")]);
  await seen("two");
  host.changeJobs([fakeUiJob("lost")], { lost: true });
  host.changeJobs([fakeUiJob("three"), fakeUiJob("four")]);
  await seen("three+four");
  host.changeJobs([]);
  await seen("");
  expect(names).toEqual(["one", "two", "three+four", ""]);
  await node.close();
});

test.each([
  ["no file", async () => rm(path.join(folder, "ui.json"))],
  ["a torn file", () => writeFile(path.join(folder, "ui.json"), '{"url"')],
  ["another token", () => announce(server.url, "wrong-wrong-wrong-wrong")],
  ["nobody at the address", () => server.close()],
])("a node that is not there is told as such: %s", async (_name, spoil) => {
  await spoil();
  await expect(connectToNode(folder)).rejects.toMatchObject({
    code: "node-not-running",
  });
});

test("a node that goes away ends what was asked and watched", async () => {
  host.handler = () => new Promise(() => undefined);
  const node = await connectToNode(folder);
  const lost = new Promise((resolve) => node.watch(() => undefined, resolve));
  const asked = node.ask({ type: "pause-queue" });
  await Promise.all([
    expect(asked).rejects.toMatchObject({ code: "node-not-running" }),
    server.close(),
  ]);
  expect(await lost).toMatchObject({ code: "node-not-running" });
});
