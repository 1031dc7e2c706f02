/** `POST /webhooks/resend`. */
import { webhookRoute } from '../../http/webhook-route.ts';

export const POST = webhookRoute('takeResend');
