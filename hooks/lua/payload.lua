-- Rung "payload": drops one TCP source port, and what carries a byte string early in its payload.

local find_tcp, PORT, PAYLOAD = find_tcp, PORT, PAYLOAD
local find, min = string.find, math.min
local WINDOW = 64
local calls, with_tcp, drops = 0, 0, 0

local function unwanted(pkt, tcp, payload, finish)
  if pkt:u16(tcp) == PORT then return true end
  local window = pkt:bytes(payload, min(finish - payload, WINDOW))
  return find(window, PAYLOAD, 1, true)
end

function on_packet(pkt)
  calls = calls + 1
  local tcp, payload, finish = find_tcp(pkt)
  if not tcp then return PASS end
  with_tcp = with_tcp + 1
  if not unwanted(pkt, tcp, payload, finish) then return PASS end
  drops = drops + 1
  return DROP
end

-- Calls, frames with TCP, passes, drops.
function counters()
  return calls, with_tcp, calls - drops, drops
end
