-- The walk from an Ethernet frame to its TCP header, for every script to use: the steps of packet/parse.rs.

local IPV4, IPV6, QTAG, STAG = 0x0800, 0x86dd, 0x8100, 0x88a8
local MAX_TAGS, MAX_EXTENSIONS = 2, 6
local TCP, HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION = 6, 0, 43, 44, 60
local EXTENSIONS = { [HOP_BY_HOP] = true, [ROUTING] = true, [FRAGMENT] = true, [DESTINATION] = true }

local function tcp(pkt, o, finish)
  if o + 20 > finish then return nil end
  local offset = pkt:u8(o + 12)
  -- The high nibble counts words of four bytes: 0x50 is 20 bytes.
  local payload = o + (offset - offset % 16) / 4
  if offset < 0x50 or payload > finish then return nil end
  return o, payload, finish
end

local function ipv4(pkt, o, finish)
  if o + 20 > finish then return nil end
  local first, total = pkt:u8(o), pkt:u16(o + 2)
  local header = first % 16 * 4
  if first - first % 16 ~= 0x40 or header < 20 or o + header > finish or total < header then return nil end
  -- Three flags, 13 bits of fragment offset, then time to live and protocol.
  local fragment = pkt:u32(o + 6)
  if fragment % 0x20000000 >= 0x10000 or fragment % 0x100 ~= TCP then return nil end
  if o + total < finish then finish = o + total end
  return tcp(pkt, o + header, finish)
end

local function ipv6(pkt, o, finish)
  if o + 40 > finish then return nil end
  local first, length, protocol = pkt:u8(o), pkt:u16(o + 4), pkt:u8(o + 6)
  if first - first % 16 ~= 0x60 then return nil end
  o = o + 40
  if o + length < finish then finish = o + length end
  for _ = 1, MAX_EXTENSIONS do
    if not EXTENSIONS[protocol] then break end
    if o + 8 > finish then return nil end
    local units = 0
    if protocol ~= FRAGMENT then
      units = pkt:u8(o + 1)
    elseif pkt:u16(o + 2) >= 8 then
      return nil
    end
    protocol, o = pkt:u8(o), o + 8 * (units + 1)
  end
  if protocol ~= TCP then return nil end
  return tcp(pkt, o, finish)
end

-- The offsets of the TCP header, of its payload, and of the first byte behind the payload; nil without TCP.
function find_tcp(pkt)
  local kind, o = pkt:u16(12), 14
  for _ = 1, MAX_TAGS do
    if kind ~= QTAG and kind ~= STAG then break end
    kind, o = pkt:u16(o + 2), o + 4
  end
  if kind == IPV4 then return ipv4(pkt, o, pkt:len()) end
  if kind == IPV6 then return ipv6(pkt, o, pkt:len()) end
  return nil
end
