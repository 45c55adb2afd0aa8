/**
 * Ends process groups that would otherwise outlive this process. At a normal
 * exit the `exit` event does it. For a kill -9 there is the guardian: a tiny
 * shell that is told each group over a pipe, and kills those still alive when
 * the pipe closes. Without it a *stopped* encoder would stay for ever: unlike
 * a running one it never notices that its pipes are broken.
 */
import { spawn, type ChildProcess } from "node:child_process";

const isPosix = process.platform !== "win32";
const groups = new Set<number>();
let guardian: ChildProcess | null = null;
let listening = false;

/** Reads "+ group" and "- group" lines; only numbers get in, see `tell`. */
const guardianScript = `
groups=" "
while read -r sign group; do
  case "$sign" in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

/** Watches over a group until the returned function is called. */
export function guardGroup(group: number): () => void {
  if (!listening) {
    listening = true;
    process.once("exit", endAll);
  }
  groups.add(group);
  tell("+", group);
  return () => {
    if (groups.delete(group)) tell("-", group);
  };
}

function endAll(): void {
  for (const group of groups) {
    try {
      process.kill(isPosix ? -group : group, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

function tell(sign: "+" | "-", group: number): void {
  if (!isPosix) return;
  guardian ??= startGuardian();
  guardian.stdin?.write(`${sign} ${String(group)}\n`);
}

function startGuardian(): ChildProcess {
  const child = spawn("/bin/sh", ["-c", guardianScript], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
  });
  // It must neither keep this process alive nor bring it down.
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  child.stdin.on("error", () => undefined);
  child.on("error", () => undefined);
  child.once("exit", () => {
    if (guardian === child) guardian = null;
  });
  return child;
}
