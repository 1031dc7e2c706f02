/** What an agent reaches over the network is its own policy's and the operator's; what is refused is told with its reason. */
import { createServer } from 'node:http';
import { updateAgent } from '@tinyfat/database';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabaseOf } from './support/engine.ts';
import { sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

/** Not one of the addresses that a sandbox asks for without the proxy. */
const INSIDE = '127.99.12.7';

describe('the way out of a sandbox', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let answers = 0;
  const wiki = createServer((_request, response) => response.end('the wiki answers'));
  let wikiPort = 0;
  beforeAll(async () => {
    model = await startAnthropicStandIn();
    await new Promise<void>((resolve) => wiki.listen(0, INSIDE, resolve));
    const address = wiki.address();
    wikiPort = typeof address === 'object' && address !== null ? address.port : 0;
    server = await startTinyfat({
      environment: {
        ANTHROPIC_API_KEY: 'k',
        ANTHROPIC_BASE_URL: model.url,
        EGRESS_ALLOW: `${INSIDE}:${wikiPort}`,
      },
      agents: { scout: [] },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    await model?.close();
    wiki.close();
  });

  /** Lets the agent ask for the URLs with curl; gives what the tool said and the refusals among the run's events. */
  async function fetched(...urls: string[]) {
    const curls = urls.map((url) => `curl -sv -m 10 '${url}' 2>&1 | grep -E '^< HTTP|answers'`);
    const call = JSON.stringify({ command: `${curls.join('; ')}; true` });
    await sendMail(server, { to: 'scout@tinyfat.localhost', text: `[[tool: bash ${call}]] [[reply: done]]` });
    answers += 1;
    await server.answers(answers);
    const [run] = await server.json(['runs', 'scout']);
    const { events } = await server.json(['run', 'show', run.id]);
    const of = (type: string) => events.filter((event: { type: string }) => event.type === type);
    return { output: String(of('tool_result')[0]?.output), refused: of('connection_refused') };
  }
  async function setEgress(text: string) {
    const db = await openDatabaseOf(server);
    const [{ id }] = (await db.selectFrom('agents').select('id').execute()) as [{ id: string }];
    await updateAgent(db, id, { egress: text });
    await db.destroy();
  }

  it('leads to what the operator opened, to its port alone, and tells agent and owner why no further', async () => {
    const { output, refused } = await fetched(
      `http://${INSIDE}:${wikiPort}/`,
      `http://${INSIDE}:8025/`,
      'https://wiki.internal.example/',
    );
    expect(output).toContain('the wiki answers');
    expect(output).toContain('< HTTP/1.1 403 the name is reserved for local use');
    expect(output).toContain(
      `[network: ${INSIDE}:8025 refused: port 8025 is not allowed]\n` +
        '[network: wiki.internal.example:443 refused: the name is reserved for local use]',
    );
    expect(refused).toMatchObject([
      { host: INSIDE, port: 8025, code: 'port', reason: 'port 8025 is not allowed' },
      { host: 'wiki.internal.example', port: 443, code: 'local_name' },
    ]);
  });

  it("keeps to the agent's own policy from its next turn on", async () => {
    await setEgress('none');
    const none = await fetched(`http://${INSIDE}:${wikiPort}/`);
    expect(none.refused).toMatchObject([{ host: INSIDE, port: wikiPort, code: 'no_network' }]);
    expect(none.output).toContain('this agent may not use the network');
    await setEgress(`api.example.com,${INSIDE}:${wikiPort}`);
    const listed = await fetched(`http://${INSIDE}:${wikiPort}/`, 'https://example.org/');
    expect(listed.output).toContain('the wiki answers');
    expect(listed.refused).toMatchObject([{ host: 'example.org', port: 443, code: 'not_on_list' }]);
  });
});
