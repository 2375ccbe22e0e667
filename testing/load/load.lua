-- wrk, with "bodies" and a file of them, one a line: posts them in turn; with "paths" and a file: gets them in turn;
-- without either: gets. The last line is the figures as JSON.
function init(args)
  local requests = {}
  if args[1] == "bodies" then
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    for body in io.lines(args[2]) do
      wrk.body = body
      requests[#requests + 1] = wrk.format()
    end
  elseif args[1] == "paths" then
    for path in io.lines(args[2]) do
      requests[#requests + 1] = wrk.format("GET", path)
    end
  end
  -- One request alone is wrk's own to send: a function of ours would take more from what is measured.
  if #requests < 2 then return end
  local sent = 0
  request = function()
    sent = sent + 1
    return requests[sent % #requests + 1]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"answered":%d,"failed":%d,"seconds":%f,"p50Ms":%f,"p99Ms":%f}\n',
    summary.requests - errors.status,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
