-- POST one event of study with an id of its own: a durable insert.
dofile(os.getenv("SICAL_WRK") .. "/report.lua")
local run, count
local grades = { "AGAIN", "HARD", "GOOD", "EASY" }

function init()
  seed()
  run = math.random(0, 65535)
  count = 0
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local id = string.format("%08x-%04x-4%03x-8%03x-%04x%08x", math.random(0, 4294967295), run, thread_number, math.random(0, 4095),
    math.random(0, 65535), count)
  return wrk.format("POST", "/api/v1/events", nil, string.format(
    '{"events":[{"id":"%s","graphId":"01990000-0000-7000-8000-000000000001","topicKey":"topic_%d","kind":"REVIEW","grade":"%s",' ..
    '"durationSeconds":%d,"occurredAt":"2026-11-23T10:00:00Z"}]}',
    id, math.random(1, 2000), grades[math.random(4)], math.random(5, 900)))
end
