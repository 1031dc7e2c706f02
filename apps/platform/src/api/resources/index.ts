/** Every route with what it does. */
import type { Endpoint } from '../endpoint.ts';
import { agentEndpoints } from './agents.ts';
import { alertEndpoints } from './alerts.ts';
import { approvalEndpoints } from './approvals.ts';
import { attentionEndpoints } from './attention.ts';
import { browserEndpoints } from './browsers.ts';
import { budgetEndpoints } from './budgets.ts';
import { editedFileEndpoints } from './edited-files.ts';
import { fileEndpoints } from './files.ts';
import { firstRunEndpoints } from './first-run.ts';
import { keyEndpoints } from './keys.ts';
import { mailOutEndpoints } from './mail-out.ts';
import { mailTimelineEndpoints } from './mail-timeline.ts';
import { mailViewEndpoints } from './mail-views.ts';
import { mailEndpoints } from './mails.ts';
import { meEndpoints } from './me.ts';
import { outboxEndpoints } from './outbox.ts';
import { retentionEndpoints } from './retention.ts';
import { runEndpoints } from './runs.ts';
import { searchEndpoints } from './search.ts';
import { senderEndpoints } from './senders.ts';
import { sendingEndpoints } from './sending.ts';
import { serverEndpoints } from './server.ts';
import { sessionEndpoints } from './sessions.ts';
import { skillEndpoints } from './skills.ts';
import { tokenEndpoints } from './tokens.ts';
import { toolOutputEndpoints } from './tool-output.ts';
import { usageEndpoints } from './usage.ts';

export const ENDPOINTS: readonly Endpoint[] = [
  ...meEndpoints,
  ...attentionEndpoints,
  ...firstRunEndpoints,
  ...agentEndpoints,
  ...senderEndpoints,
  ...searchEndpoints,
  ...mailEndpoints,
  ...mailViewEndpoints,
  ...mailTimelineEndpoints,
  ...runEndpoints,
  ...toolOutputEndpoints,
  ...sessionEndpoints,
  ...fileEndpoints,
  ...editedFileEndpoints,
  ...skillEndpoints,
  ...outboxEndpoints,
  ...approvalEndpoints,
  ...budgetEndpoints,
  ...usageEndpoints,
  ...keyEndpoints,
  ...tokenEndpoints,
  ...retentionEndpoints,
  ...browserEndpoints,
  ...alertEndpoints,
  ...mailOutEndpoints,
  ...sendingEndpoints,
  ...serverEndpoints,
];
