/** Can the server take and do work? */
import type { ReadinessCheck } from '../backend/contract.ts';

/** What each check said: `ok`, or what is wrong. */
export interface Readiness {
  ready: boolean;
  checks: Record<string, string>;
}

/** Runs the checks one after the other; one that throws is not ok. */
export async function readiness(checks: Readonly<Record<string, ReadinessCheck>>): Promise<Readiness> {
  const results: Record<string, string> = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      results[name] = (await check()) ?? 'ok';
    } catch (error) {
      results[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return { ready: Object.values(results).every((result) => result === 'ok'), checks: results };
}
