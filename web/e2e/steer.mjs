// Holds the pad of a camera's page until the browser is killed: says `holds PID` with Chromium's process, and lives on.
//
//   E2E_CAMERA  id of a camera that can be moved
import { launchApart } from './browser.mjs';
import { ownersPage } from './owner.mjs';

const { browser, pid } = await launchApart();
const page = await ownersPage(browser);
await page.goto(`/cameras/${process.env.E2E_CAMERA}`);
await page.locator('[data-control]').click();
await page.locator('[data-pad=ready]').waitFor();
const box = await page.locator('[data-way=ArrowRight]').boundingBox();
await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
await page.mouse.down();
console.log(`holds ${pid}`);
browser.on('disconnected', () => process.exit(0));
