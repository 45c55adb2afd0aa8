import type { DnsRecord } from "../../core/discovery/announcement.ts";

/** An interface as discovery uses it: one IPv4 address. */
export interface LanInterface {
  readonly name: string;
  readonly address: string;
  readonly prefixBits: number;
}

/** What a master tells about itself. */
export interface Announcement {
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly txt: Readonly<Record<string, string>>;
}

export interface MdnsEvents {
  /** Somebody on this interface's network answered or announced; perhaps we did. */
  onAnswer(records: readonly DnsRecord[], sender: string): void;
  /** Sending or receiving went wrong, e.g. "ENETUNREACH"; life goes on. */
  onTrouble(code: string): void;
}

/** Multicast DNS on one interface. Nothing here throws or rejects after opening. */
export interface MdnsPort {
  /** Asks who is there; answers come as events. */
  query(): void;
  /** Announces, and answers others from now on; in place of what was announced before. */
  announce(announcement: Announcement | null): void;
  /** Says goodbye and closes. */
  close(): Promise<void>;
}

/** Rejects with the system's error (EADDRINUSE, EACCES, ENODEV, …) when the interface cannot be used. */
export type OpenMdnsPort = (
  lan: LanInterface,
  events: MdnsEvents,
) => Promise<MdnsPort>;
