-- Rung "pass": nothing but the call itself.

function on_packet(pkt)
  return PASS
end
