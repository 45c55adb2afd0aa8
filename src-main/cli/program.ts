/** The words of the command line: commands, options, help. What they do is in the other files. */
import { doctor, type DoctorOptions } from "./doctor-command.ts";
import {
  networkDoctor,
  type NetworkDoctorOptions,
} from "./network-doctor-command.ts";
import { parseSchedulerChanges } from "./scheduler-changes.ts";
import { Command, Option } from "commander";
import type { DeviceId } from "../core/identifiers.ts";
import { appVersion } from "../protocol/app-version.ts";
import {
  parseAddress,
  parseDeviceArgument,
  parseWholeNumber,
  type Address,
} from "./argument-checks.ts";
import type { CommandContext } from "./command-context.ts";
import { demo, type DemoOptions } from "./demo-command.ts";
import { encode, type EncodeOptions } from "./encode-command.ts";
import { farm, type FarmOptions } from "./farm-command.ts";
import {
  listPresets,
  probe,
  showCapabilities,
  showId,
  showPreset,
  takePresets,
} from "./local-commands.ts";
import type { NodeOptionsTyped } from "./queue-commands.ts";
import { registerQueue } from "./queue-program.ts";
import { registerShares } from "./share-program.ts";
import { registerPairing } from "./pairing-program.ts";
import type { Registration } from "./registration.ts";
import {
  dataOption,
  defaultPreset,
  jsonOption,
  segmentOption,
} from "./shared-options.ts";
import { app, type AppOptions } from "./app-command.ts";
import { defaultPort, serve, type ServeOptions } from "./serve-command.ts";
import { maxWorkers } from "./worker-share.ts";

/** With the name and a description of 54 characters it fits a line of 80. */
const shortUsageCharacters = 17;

/** Everything `reelfarm` understands. Throws commander's errors instead of exiting. */
export function buildProgram(
  context: CommandContext,
  onDone: Registration["onDone"],
): Command {
  const program = new Command("reelfarm")
    .description(
      "Turns the computers in a home into one video-transcoding farm.",
    )
    .version(appVersion, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this page, or that of a command")
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), shortUsage(command.usage())].join(" ").trim(),
    })
    .configureOutput({
      writeOut: (text) => context.terminal.print(text.trimEnd()),
      writeErr: (text) => context.terminal.note(text.trimEnd()),
      // Written by the process edge, in the same words as every other failure.
      outputError: () => undefined,
    })
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 ended by Ctrl-C.\n" +
        "Environment: REELFARM_DATA, REELFARM_FFMPEG, REELFARM_FFPROBE, NO_COLOR.",
    );
  const registration = { program, context, onDone };
  registerOwnFarm(registration);
  registerNode(registration);
  registerPairing(registration);
  registerQueue(registration);
  registerShares(registration);
  registerLocal(registration);
  return program;
}

function registerOwnFarm({ program, context, onDone }: Registration): void {
  program.commandsGroup("On this machine alone:");
  const encoding = program
    .command("encode")
    .usage("INPUT… -o OUT")
    .description("encode files with all cores and leave nothing behind")
    .argument("<input...>", "media files")
    .requiredOption("-o, --output <path>", "file, or folder for several inputs")
    .option("--preset <name>", "see `reelfarm presets`", defaultPreset)
    .addOption(workersOption("encode side by side (default: by the cores)"))
    .addOption(segmentOption())
    .option("--overwrite", "replace an output that is there")
    .option("--json", "print the result as JSON")
    .option("--keep-log", "keep the farm's log beside the output")
    .option("--data <dir>", "work there instead of beside the output");
  encoding.action(async (inputs: string[], options: EncodeOptions) =>
    onDone(await encode(context, inputs, options)),
  );
  program
    .command("demo")
    .usage("")
    .description("make a clip, encode it on a small farm, check it")
    .option("--preset <name>", "see `reelfarm presets`", defaultPreset)
    .option("--json", "print the result as JSON")
    .action(async (options: DemoOptions) =>
      onDone(await demo(context, options)),
    );
  program
    .command("farm")
    .usage("")
    .description("a master and three workers to play with, until Ctrl-C")
    .addOption(workersOption("workers (default: 3)"))
    .option("--data <dir>", "put its data there")
    .action(async (options: FarmOptions) =>
      onDone(await farm(context, options)),
    );
}

function registerNode({ program, context, onDone }: Registration): void {
  program.commandsGroup("The lasting farm:");
  const address = (text: string): Address => parseAddress(text, defaultPort);
  const served = program
    .command("serve")
    .usage("--role ROLE")
    .description("run a node; prints what to type on the other machine")
    .option("--role <role>", "master, worker or both", "both")
    .addOption(dataOption())
    .option("--name <name>", "what others see (default: the host's name)")
    .option("--listen <host:port>", "where a master listens", address)
    .option("--master <host:port>", "a worker's master", address)
    .option("--master-id <id>", "the master's id", parseDeviceArgument)
    .addOption(
      new Option("--allow <id>", "let a worker in (may be repeated)")
        .argParser((text: string, before: DeviceId[] = []) => [
          ...before,
          parseDeviceArgument(text),
        ])
        .default([], "none"),
    )
    .option("--slots <n>", "encodes of a worker at the same time", (text) =>
      parseWholeNumber(text, { name: "--slots", min: 1, max: 64 }),
    )
    .option("--threads <n>", "threads of each encode", (text) =>
      parseWholeNumber(text, { name: "--threads", min: 1, max: 256 }),
    )
    .addOption(
      new Option("--ui <host:port>", "where the window is served")
        .argParser((text: string) => parseAddress(text))
        .default(true, "127.0.0.1, any port"),
    )
    .option("--no-ui", "serve no window and no command line")
    .option(
      "--ui-lan [port]",
      "open the window to other devices, from now on",
      (text) =>
        parseWholeNumber(text, { name: "--ui-lan", min: 0, max: 65_535 }),
    )
    .option("--no-ui-lan", "open it to this computer only, from now on")
    .addOption(
      new Option("--with-parent", "end with standard input").hideHelp(),
    )
    .addOption(
      new Option("--scheduler <json>", "for measurements: change its numbers")
        .argParser(parseSchedulerChanges)
        .hideHelp(),
    );
  served.action(async (options: ServeOptions) =>
    onDone(await serve(context, options)),
  );
  program
    .command("app")
    .usage("")
    .description("open the app, or its window in the browser")
    .addOption(dataOption())
    .option("--browser", "open it in the browser in any case")
    .action(async (options: AppOptions) => onDone(await app(context, options)));
}

function registerDoctor({ program, context, onDone }: Registration): void {
  program
    .command("doctor")
    .usage("[network | --repair | --clean]")
    .description("check a node's stored data, or its network")
    .addOption(dataOption())
    .addOption(jsonOption())
    .option("--repair", "put right what can be; nothing is thrown away")
    .option("--clean", "remove leftovers of crashed runs")
    .action(async (options: DoctorOptions) =>
      onDone(await doctor(context, options)),
    )
    .command("network")
    .usage("")
    .description("say who is seen, who is not, and what to do")
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (_own: NetworkDoctorOptions, command: Command) =>
      onDone(await networkDoctor(context, command.optsWithGlobals())),
    );
}

function registerLocal({ program, context, onDone }: Registration): void {
  program.commandsGroup("About files and this machine:");
  registerDoctor({ program, context, onDone });
  const presets = program
    .command("presets")
    .usage("[show NAME | import FILE]")
    .description("list presets, print one, take one in")
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options: NodeOptionsTyped) =>
      onDone(await listPresets(context, options)),
    );
  const withParent = (own: NodeOptionsTyped): NodeOptionsTyped => ({
    ...presets.opts<NodeOptionsTyped>(),
    ...own,
  });
  presets
    .command("show")
    .description("print a preset as a file to change and import")
    .argument("<name>", "its name")
    .action(async (name: string, options: NodeOptionsTyped) =>
      onDone(await showPreset(context, name, withParent(options))),
    );
  presets
    .command("import")
    .description("take in a preset file of Reelfarm or HandBrake")
    .argument("<file>", "JSON file")
    .action(async (file: string, options: NodeOptionsTyped) =>
      onDone(await takePresets(context, file, withParent(options))),
    );
  program
    .command("probe")
    .usage("FILE")
    .description("tell what is in a media file")
    .argument("<file>", "media file")
    .addOption(jsonOption())
    .action(async (file: string, options: NodeOptionsTyped) =>
      onDone(await probe(context, file, options)),
    );
  const shows = [
    [
      "capabilities",
      "tell what this machine's ffmpeg can do",
      showCapabilities,
    ],
    ["id", "print this device's id, to be allowed elsewhere", showId],
  ] as const;
  for (const [name, text, show] of shows)
    program
      .command(name)
      .usage("")
      .description(text)
      .addOption(dataOption())
      .addOption(jsonOption())
      .action(async (options: NodeOptionsTyped) =>
        onDone(await show(context, options)),
      );
}

function workersOption(text: string): Option {
  return new Option("--workers <n>", text).argParser((typed: string) =>
    parseWholeNumber(typed, { name: "--workers", min: 1, max: maxWorkers }),
  );
}

/** The one page has room for one short way to call each command; its own page has all. */
function shortUsage(usage: string): string {
  const own = usage.replace("[options]", "").trim();
  if (own.length <= shortUsageCharacters) return own;
  const [first = ""] = own.split(" ");
  return first.startsWith("[") ? "" : first;
}
