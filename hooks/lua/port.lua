-- Rung "port", the reference filter: drops one TCP source port.

local find_tcp, PORT = find_tcp, PORT
local calls, with_tcp, drops = 0, 0, 0

function on_packet(pkt)
  calls = calls + 1
  local tcp = find_tcp(pkt)
  if not tcp then return PASS end
  with_tcp = with_tcp + 1
  if pkt:u16(tcp) ~= PORT then return PASS end
  drops = drops + 1
  return DROP
end

-- Calls, frames with TCP, passes, drops.
function counters()
  return calls, with_tcp, calls - drops, drops
end
