/** What one process of the server does; several processes share the work of one installation. */

/** `all` is the others in one process. */
export const ROLES = ['all', 'smtp', 'platform', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** A part of the work that a process may have. */
export type Duty = Exclude<Role, 'all'>;
export const DUTY_NAMES: readonly Duty[] = ['smtp', 'platform', 'worker'];

/** Whether a process of this role has this duty. */
export function hasDuty(role: Role, duty: Duty): boolean {
  return role === 'all' || role === duty;
}

/** What is done under each duty, for a person. */
export const DUTIES: Readonly<Record<Duty, string>> = {
  smtp: 'takes mail by SMTP',
  platform: 'serves pages, API and webhooks, and sends sign-in mails',
  worker: 'runs turns, sends mail, works on webhook events, and cleans up',
};
