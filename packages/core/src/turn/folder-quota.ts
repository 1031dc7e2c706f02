/**
 * What an agent's folder may hold, and what follows where it holds more. Turns go on beyond the quota, so that the agent can
 * make room, but no turn adds more than a reserve; from twice as much on there is none until somebody else makes room. So
 * a folder is bounded whatever its agent does.
 */

/** From this share on agent and owner are told. */
const NEAR = 0.8;
/** Room beyond the quota for a session, events and a reply. Bytes. */
const LEAST_RESERVE = 16_000_000;
const RESERVE_SHARE = 0.05;

/**
 * How much an agent's folder holds, bytes; where it is more than `mostBytes`, or `signal` is aborted, at least so much.
 * Takes seconds where there are many files.
 */
export type FolderMeter = (agentId: string, mostBytes: number, signal?: AbortSignal) => Promise<number>;

export interface FolderQuota {
  /** The turn is ended where the folder holds more, bytes. */
  mostBytes: number;
  nearlyFull: boolean;
  /** There is to be no turn at all. */
  closed: boolean;
}

/** For a folder that holds so much, both in bytes; `held` null: never measured. */
export function folderQuota(quota: number, held: number | null): FolderQuota {
  const reserve = Math.max(LEAST_RESERVE, Math.round(quota * RESERVE_SHARE));
  const most = quota + reserve;
  const holds = held ?? 0;
  return {
    mostBytes: holds <= most ? most : holds + reserve,
    nearlyFull: holds >= quota * NEAR,
    closed: holds >= 2 * most,
  };
}
