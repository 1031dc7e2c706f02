/** The firm of `firm.ts` on one server, with a browser. */
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type Dashboard, openDashboard } from './dashboard.ts';
import { openDatabaseOf } from './engine.ts';
import {
  AGENTS,
  COLLEAGUES,
  DOMAIN,
  type FirmIds,
  FOREIGN_AGENT,
  fillFirm,
  MAILS,
  OWNER,
  STRANGER,
  script,
} from './firm.ts';
import { answerTo, sendMail } from './mail.ts';

export interface Sample {
  dashboard: Dashboard;
  model: AnthropicStandIn;
  ids: FirmIds;
  dispose(): Promise<void>;
}

/** Starts it; resolves when every mail is in its state. */
export async function startSample(): Promise<Sample> {
  const model = await startAnthropicStandIn({ script });
  const dashboard = await openDashboard({
    owner: OWNER,
    environment: {
      MAIL_DOMAIN: DOMAIN,
      TRUSTED_CLIENTS: '127.0.0.0/8',
      ANTHROPIC_API_KEY: 'sk-ant-sample',
      ANTHROPIC_BASE_URL: model.url,
    },
    prepareAgents: async (cli) => {
      for (const name of AGENTS) {
        await cli(['agent', 'create', name, '--owner', OWNER, '--allow', COLLEAGUES]);
      }
      await cli(['agent', 'create', FOREIGN_AGENT, '--owner', STRANGER]);
    },
  });
  const { server, list } = dashboard;
  const db = await openDatabaseOf(server);
  const ids = await fillFirm({
    model,
    db,
    list,
    send: (mail) => (mail === MAILS.stranger ? answerTo(server, mail) : sendMail(server, mail)),
  }).finally(() => db.destroy());
  return {
    dashboard,
    model,
    ids,
    async dispose() {
      model.release('report');
      await dashboard.dispose();
      await model.close();
    },
  };
}
