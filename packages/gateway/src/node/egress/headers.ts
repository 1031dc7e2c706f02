import type { IncomingHttpHeaders } from 'node:http';
import { HOP_BY_HOP } from '../../egress/hop-by-hop.ts';

/** Headers as `http.request` and `writeHead` take them. */
export type HeaderFields = Record<string, string | string[]>;

/**
 * The fields that go on to the next connection. Those that `Connection` names go too, so a caller sets Host and
 * the framing (Content-Length or Transfer-Encoding) itself afterwards: `Connection: content-length` must not
 * leave a body without a frame.
 */
export function endToEndHeaders(headers: IncomingHttpHeaders): HeaderFields {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/[\s,]+/));
  const passed: HeaderFields = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) passed[name] = value;
  }
  return passed;
}
