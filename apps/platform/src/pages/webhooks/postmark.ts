/** `POST /webhooks/postmark`. */
import { webhookRoute } from '../../http/webhook-route.ts';

export const POST = webhookRoute('takePostmark');
