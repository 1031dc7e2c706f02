/** Can the server take and do work? */
import type { ReadinessCheck } from '../contract.ts';

/** Results by name: `ok`, or what is wrong. `warnings` has only what is wrong and does not prevent taking mail. */
export interface Readiness {
  ready: boolean;
  checks: Record<string, string>;
  warnings: Record<string, string>;
}

type Checks = Readonly<Record<string, ReadinessCheck>>;

/** Runs the checks one after the other; one that throws is not ok. */
export async function readiness(backend: { checks: Checks; warnings: Checks }): Promise<Readiness> {
  const checks = await run(backend.checks);
  const warnings = Object.entries(await run(backend.warnings)).filter(([, said]) => said !== 'ok');
  return {
    ready: Object.values(checks).every((result) => result === 'ok'),
    checks,
    warnings: Object.fromEntries(warnings),
  };
}

async function run(checks: Checks): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      results[name] = (await check()) ?? 'ok';
    } catch (error) {
      results[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return results;
}
