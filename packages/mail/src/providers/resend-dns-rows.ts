/** The DNS rows that Resend wants for a domain, as it knows them (resend.com/docs/api-reference/domains/get-domain). */
import * as v from 'valibot';

/** One row; `name` as Resend writes it, `status` such as `verified` or `pending`. */
export interface DnsRow {
  type: string;
  name: string;
  value: string;
  /** Of an MX record. */
  priority: number | null;
  status: string;
}

/** Null where Resend could not be asked, or has no such domain. */
export type DnsRows = DnsRow[] | null;

const WITHIN_MS = 15_000;
const MOST_ROWS = 20;
/** What a terminal and a DNS provider take: printable ASCII. */
const line = v.pipe(v.string(), v.maxLength(1000), v.regex(/^[\x20-\x7e]+$/));

const domains = v.object({ data: v.array(v.object({ id: v.string(), name: v.string() })) });
const domain = v.object({
  records: v.pipe(
    v.array(
      v.object({
        type: line,
        name: line,
        value: line,
        priority: v.optional(v.nullable(v.number()), null),
        status: line,
      }),
    ),
    v.maxLength(MOST_ROWS),
  ),
});

/** Asks for the rows of this domain. Never rejects: what is deployed is deployed without them. */
export async function resendDnsRows(
  { key, baseUrl, fetch }: { key: string; baseUrl: string; fetch: typeof globalThis.fetch },
  name: string,
): Promise<DnsRows> {
  const ask = async <Value>(path: string, schema: v.GenericSchema<unknown, Value>): Promise<Value | null> => {
    const answer = await fetch(`${baseUrl}${path}`, {
      headers: { authorization: `Bearer ${key}` },
      redirect: 'error',
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    const parsed = answer.ok ? v.safeParse(schema, await answer.json()) : null;
    return parsed?.success ? parsed.output : null;
  };
  try {
    const listed = await ask('/domains', domains);
    const found = listed?.data.find((one) => one.name === name);
    if (!found) return null;
    const shown = await ask(`/domains/${encodeURIComponent(found.id)}`, domain);
    return shown?.records ?? null;
  } catch {
    return null;
  }
}
