-- Rung "count": the call, and one counter.

local calls = 0

function on_packet(pkt)
  calls = calls + 1
  return PASS
end

-- Calls, frames with TCP, passes, drops.
function counters()
  return calls, 0, calls, 0
end
