/** `npm run openapi`: writes openapi.yaml at the root of the checkout. */
import { writeFileSync } from 'node:fs';
import { openApiYaml } from './src/api/openapi.ts';

writeFileSync(new URL('../../openapi.yaml', import.meta.url), openApiYaml());
