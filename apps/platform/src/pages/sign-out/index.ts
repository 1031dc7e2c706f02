/** `POST /sign-out`: ends the session of this browser. */
import type { APIRoute } from 'astro';
import { seeOther } from '../../http/form.ts';

export const POST: APIRoute = async ({ locals, request }) =>
  seeOther('/', await locals.backend.accounts.signOut(request.headers));

/** A typed address leads to the start page, which has the button. */
export const GET: APIRoute = () => seeOther('/');
