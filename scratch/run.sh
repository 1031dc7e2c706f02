cd /work/wt/plans
nice node_modules/.bin/biome check --write packages/database packages/testing packages/jobs 2>&1 | tail -30; nice node_modules/.bin/tsc --noEmit 2>&1 | head -30; 
nice sh bin/with-node npx vitest run --maxWorkers=1 --project unit packages/jobs/src/plans.test.ts 2>&1 | grep "^.\[31m+ \|✓\|×\|rror" | cut -c1-900 | tail -150
nice sh bin/with-node sh bin/with-postgres npx vitest run --maxWorkers=1 --project postgres packages/jobs/src/plans.test.ts 2>&1 | grep "^.\[31m+ \|✓\|×\|rror" | cut -c1-900 | tail -150
date
