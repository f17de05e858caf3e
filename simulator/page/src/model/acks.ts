// One row for each delivery of a push: when it went out, and how long its ack took.

import { Bounded } from './bounded';
import type { Entry } from './types';

/** The platform wants an answer within this time. */
export const DEADLINE_MS = 3000;

export type AckState = 'waiting' | 'ok' | 'failed' | 'late' | 'missed';

export interface AckRow {
  key: string;
  push: number | undefined;
  attempt: number;
  attempts: number | undefined;
  event_type: string;
  event_id: string | undefined;
  connection: number | undefined;
  subject: string | undefined;
  parts: number;
  bytes: number | undefined;
  /** The entry that began it. */
  seq: number;
  at_ms: number;
  state: AckState;
  delay_ms?: number;
  code?: number;
  biz_rt?: number | string;
  data?: unknown;
  /** When the platform pushes it again. */
  again_ms?: number;
}

export class Acks {
  readonly rows: Bounded<AckRow>;
  private readonly byKey = new Map<string, AckRow>();
  private readonly latest = new Map<number, AckRow>();
  late = 0;
  missed = 0;

  constructor(limit: number) {
    this.rows = new Bounded(limit);
  }

  entry(entry: Entry): void {
    switch (entry.kind) {
      case 'push':
        return this.pushed(entry);
      case 'ack': {
        const row = this.find(entry);
        if (!row) return;
        row.delay_ms = number(entry.delay_ms) ?? entry.at_ms - row.at_ms;
        row.code = number(entry.code) ?? 200;
        if (entry.biz_rt !== undefined) row.biz_rt = entry.biz_rt as number | string;
        if (entry.data !== undefined) row.data = entry.data;
        const onTime = entry.on_time !== false && row.delay_ms <= DEADLINE_MS;
        if (!onTime && row.state !== 'late') this.late += 1;
        row.state = !onTime ? 'late' : row.code === 200 ? 'ok' : 'failed';
        return;
      }
      case 'ack_missed': {
        const row = this.find(entry);
        if (!row || row.state !== 'waiting') return;
        row.state = 'missed';
        this.missed += 1;
        return;
      }
      case 'redelivery_due': {
        const row = this.find(entry);
        const at = number(entry.due_ms);
        if (row && at !== undefined) row.again_ms = at;
        return;
      }
    }
  }

  /** The newest delivery of this push. */
  of(push: number): AckRow | undefined {
    return this.latest.get(push);
  }

  /** Percentiles of the newest acks, in ms. */
  percentiles(newest = 1000): { p50: number; p99: number; most: number; count: number } | undefined {
    const delays: number[] = [];
    const rows = this.rows.items;
    for (let at = rows.length - 1; at >= 0 && delays.length < newest; at -= 1) {
      const delay = rows[at]?.delay_ms;
      if (delay !== undefined) delays.push(delay);
    }
    if (delays.length === 0) return undefined;
    delays.sort((a, b) => a - b);
    const rank = (share: number) => delays[Math.min(delays.length - 1, Math.ceil(share * delays.length) - 1)] ?? 0;
    return { p50: rank(0.5), p99: rank(0.99), most: delays[delays.length - 1] ?? 0, count: delays.length };
  }

  clear(): void {
    this.rows.clear();
    this.byKey.clear();
    this.latest.clear();
    this.late = 0;
    this.missed = 0;
  }

  private pushed(entry: Entry): void {
    const key = keyOf(entry);
    const push = number(entry.push) ?? number(entry.id);
    const row: AckRow = {
      key,
      push,
      attempt: number(entry.attempt) ?? 1,
      attempts: number(entry.of) ?? number(entry.attempts),
      event_type: String(entry.event_type ?? ''),
      event_id: entry.event_id as string | undefined,
      connection: number(entry.connection),
      subject: entry.subject as string | undefined,
      parts: number(entry.parts) ?? 1,
      bytes: number(entry.bytes),
      seq: entry.seq,
      at_ms: entry.at_ms,
      // With nobody to receive it, there is nothing to wait for.
      state: number(entry.connection) === undefined ? 'missed' : 'waiting',
    };
    if (row.state === 'missed') this.missed += 1;
    this.byKey.set(key, row);
    if (push !== undefined) this.latest.set(push, row);
    for (const old of this.rows.push(row)) {
      this.byKey.delete(old.key);
      if (old.push !== undefined && this.latest.get(old.push) === old) this.latest.delete(old.push);
    }
  }

  private find(entry: Entry): AckRow | undefined {
    return this.byKey.get(keyOf(entry)) ?? this.latest.get(number(entry.push) ?? -1);
  }
}

function keyOf(entry: Entry): string {
  return String(entry.message_id ?? `${String(entry.push ?? entry.id)}/${String(entry.attempt ?? 1)}`);
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
