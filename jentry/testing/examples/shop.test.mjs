// With node:test, or any other language: start the command, read one line of JSON.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import * as Sentry from '@sentry/node'

let jentry, server

before(async () => {
  // Its standard input is a pipe: should this process die, jentry ends, too.
  jentry = spawn('jentry', ['serve', '--ephemeral'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: jentry.stdout }), 'line')
  server = JSON.parse(line) // url, dsn, token, projectId
})

after(() => jentry.kill())

async function get(path) {
  const headers = { Authorization: `Bearer ${server.token}` }
  const answer = await fetch(`${server.url}/api/v1${path}`, { headers })
  return (await answer.json()).data
}

test('a refused card is one error with its country', async () => {
  Sentry.init({ dsn: server.dsn, release: 'shop@1.4.2' })

  Sentry.setTag('shop.country', 'lv')
  Sentry.captureException(new RangeError('the card was refused'))
  await Sentry.flush(5000) // what was answered is visible

  const issues = await get(`/projects/${server.projectId}/issues`)
  assert.deepEqual(issues.map((issue) => issue.title), ['RangeError: the card was refused'])
  const [event] = await get(`/issues/${issues[0].id}/events`)
  assert.equal(event.tags['shop.country'], 'lv')
})
