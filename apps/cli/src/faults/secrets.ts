/** What of an environment is secret: values whose variable says so, and the logins in URLs. */

const SECRET_NAME = /KEY|SECRET|TOKEN|AUTH|PASS/;

/** The values, each whole and in its parts where it is a list or a login. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    const login = URL.canParse(value) ? new URL(value).password : '';
    // A list or a pair reads like a URL, too.
    const parts = SECRET_NAME.test(name) ? [value, ...value.split(/[,:]/)] : [];
    return [login, decoded(login), ...parts];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
