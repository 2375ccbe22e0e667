-- wrk: sells of mixed stocks, without keys; the last line is the figures as JSON.
local names = {
  "GameStart", "RottenFishCo", "BoarCo", "MenhirCo", "CaesarTech",
  "Reneium", "Goscinnyium", "PiloteCo", "DogmatixCo", "LutetiaTech",
}
local requests = {}
local sent = 0

function init()
  for index, name in ipairs(names) do
    local body = string.format('{"name":"%s","type":"sell","quantity":1}', name)
    requests[index] = wrk.format("POST", "/orders", { ["Content-Type"] = "application/json" }, body)
  end
end

function request()
  sent = sent + 1
  return requests[sent % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"orders":%d,"failed":%d,"seconds":%f,"p50Ms":%f,"p99Ms":%f}\n',
    summary.requests - errors.status,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
