/** `POST /sign-out/everywhere`: ends all sessions of whoever is signed in. */
import type { APIRoute } from 'astro';
import { seeOther } from '../../http/form.ts';

export const POST: APIRoute = async ({ locals, request }) =>
  seeOther('/', await locals.backend.accounts.signOutEverywhere(request.headers));

/** Whoever types the address finds the button on the start page. */
export const GET: APIRoute = () => seeOther('/');
