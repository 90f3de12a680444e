-- Rung "parse": counts, and walks to TCP.

local find_tcp = find_tcp
local calls, with_tcp = 0, 0

function on_packet(pkt)
  calls = calls + 1
  if find_tcp(pkt) then
    with_tcp = with_tcp + 1
  end
  return PASS
end

-- Calls, frames with TCP, passes, drops.
function counters()
  return calls, with_tcp, calls, 0
end
