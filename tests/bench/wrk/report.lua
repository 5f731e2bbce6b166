-- One machine-readable line at the end of a run:
-- RESULT requests microseconds non-2xx connect-errors read-errors write-errors timeouts p50 p99 max   (latencies in microseconds)
local threads = 0

function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

function seed()
  local source = io.open("/dev/urandom", "rb")
  local a, b, c, d = source:read(4):byte(1, 4)
  source:close()
  math.randomseed(a + b * 256 + c * 65536 + d * 16777216 + (thread_number or 0))
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d %d %.0f %.0f %.0f\n", summary.requests, summary.duration, e.status, e.connect,
    e.read, e.write, e.timeout, latency:percentile(50), latency:percentile(99), latency.max))
end
