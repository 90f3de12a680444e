//! What must hold for any message: decoding never panics, and encoding then decoding loses nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

/// An optional field holds what a signed word can.
fn optional() -> impl Strategy<Value = Option<u32>> {
    option::of(0..=i32::MAX.cast_unsigned())
}

/// A finite number; NaN would not equal itself.
fn float() -> impl Strategy<Value = f32> {
    proptest::num::f32::NORMAL | proptest::num::f32::ZERO
}

fn length() -> impl Strategy<Value = TestLength> {
    any::<i32>().prop_map(TestLength::from_number)
}

/// A family, and an address of that family or none.
fn family_and_addresses() -> impl Strategy<Value = (Family, Option<IpAddr>, Option<IpAddr>)> {
    let v4 = (1..=u32::MAX).prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
    let v6 = (1..=u128::MAX).prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)));
    prop_oneof![
        Just((Family::Unspecified, None, None)),
        (option::of(v4.clone()), option::of(v4)).prop_map(|(a, b)| (Family::Inet, a, b)),
        (option::of(v6.clone()), option::of(v6)).prop_map(|(a, b)| (Family::Inet6, a, b)),
    ]
}

prop_compose! {
    fn buffers()(
        words in any::<[u32; 6]>(),
    ) -> Buffers {
        let [size, alignment, offset, width, copy_avoidance, dirty] = words;
        Buffers { size, alignment, offset, width, copy_avoidance, dirty }
    }
}

prop_compose! {
    fn shape()(send in buffers(), recv in buffers(), recv_clean in any::<u32>()) -> BufferShape {
        BufferShape { send, recv, recv_clean }
    }
}

prop_compose! {
    fn request()(
        optional in [optional(), optional(), optional(), optional(), optional()],
        sizes in any::<[i32; 2]>(),
        flags in any::<[bool; 5]>(),
        other_flags in any::<u32>(),
        cpu_rate in float(),
        length in length(),
        ports in any::<[u16; 2]>(),
        (family, client_address, server_address) in family_and_addresses(),
        socket_type in any::<u32>().prop_map(SocketType::from_number),
        words in any::<[u32; 4]>(),
        congestion_control in "[ -~]{0,15}",
        fill_file in "[ -~]{0,31}",
        buffers in shape(),
    ) -> OmniRequest {
        let [remote_cpu, send_buffer, recv_buffer, priority, tos] = optional;
        let [nodelay, connection_test, measure_cpu, allow_routing, keepalive] = flags;
        let [protocol, direction, interval_burst, interval_usecs] = words;
        OmniRequest {
            remote_cpu, send_buffer, recv_buffer, priority, tos,
            request_size: sizes[0], response_size: sizes[1],
            nodelay, connection_test, measure_cpu, allow_routing, keepalive,
            other_flags: other_flags & !super::flags::NAMED,
            cpu_rate, length,
            data_port: ports[0], client_port: ports[1],
            family, client_address, server_address, socket_type,
            protocol, direction, interval_burst, interval_usecs,
            congestion_control, fill_file, buffers,
        }
    }
}

prop_compose! {
    fn response()(
        numbers in any::<[i32; 6]>(),
        words in any::<[u32; 4]>(),
        nodelay: bool,
        cpu_measured: bool,
        cpu_rate in float(),
        data_port: u16,
    ) -> OmniResponse {
        let [recv_buffer, send_buffer, recv_size, send_size, priority, tos] = numbers;
        let [recv_width, send_width, recv_copy_avoidance, send_copy_avoidance] = words;
        OmniResponse {
            errno: 0, recv_buffer, send_buffer, recv_size, send_size, recv_width, send_width,
            nodelay, cpu_measured, cpu_rate, recv_copy_avoidance, send_copy_avoidance,
            data_port, priority, tos,
        }
    }
}

prop_compose! {
    fn cpu()(
        shares in [float(), float(), float(), float(), float(), float(), float()],
        method: u32,
        cpus: u32,
        peak_cpu: i32,
    ) -> RemoteCpu {
        let [busy, user, system, iowait, irq, softirq, peak_busy] = shares;
        RemoteCpu { busy, user, system, iowait, irq, softirq, method, cpus, peak_cpu, peak_busy }
    }
}

prop_compose! {
    fn results()(
        bytes in any::<[u64; 2]>(),
        words in any::<[u32; 3]>(),
        numbers in any::<[i32; 3]>(),
        elapsed in float(),
        cpu in option::of(cpu()),
        congestion_control in "[ -~]{0,15}",
    ) -> OmniResults {
        let [bytes_received, bytes_sent] = bytes;
        let [recv_calls, send_calls, transactions] = words;
        let [recv_buffer, send_buffer, retransmits] = numbers;
        OmniResults {
            errno: 0, bytes_received, recv_calls, recv_buffer, bytes_sent, send_calls, send_buffer,
            transactions, elapsed, cpu, retransmits, congestion_control,
        }
    }
}

/// Any 656 bytes, or a good request with a few bytes changed, which gets further.
fn message() -> impl Strategy<Value = Message> {
    let noise = vec(any::<u8>(), MESSAGE_LEN).prop_map(|bytes| Message::from_bytes(bytes.try_into().unwrap()));
    let edits = vec((0..MESSAGE_LEN, any::<u8>()), 0..8);
    let damaged = (request(), edits).prop_map(|(request, edits)| {
        let mut message = request.encode();
        for (place, byte) in edits {
            message.set_bytes(place, &[byte]);
        }
        message
    });
    prop_oneof![noise, damaged]
}

proptest! {
    #[test]
    fn a_request_survives_the_wire(request in request()) {
        prop_assert_eq!(OmniRequest::decode(&request.encode()), Ok(request));
    }

    #[test]
    fn a_response_survives_the_wire(response in response()) {
        prop_assert_eq!(OmniResponse::decode(&response.encode()), Ok(response));
    }

    #[test]
    fn results_survive_the_wire(results in results()) {
        let asked_cpu = results.cpu.is_some();
        prop_assert_eq!(OmniResults::decode(&results.encode(), asked_cpu), Ok(results));
    }

    #[test]
    fn no_message_panics(message in message(), asked_cpu: bool) {
        // What decodes must survive a second round, whatever the first one normalised.
        if let Ok(request) = OmniRequest::decode(&message) {
            let again = OmniRequest::decode(&request.encode()).unwrap();
            prop_assert_eq!(again.encode(), request.encode());
        }
        if let Ok(response) = OmniResponse::decode(&message) {
            prop_assert_eq!(response.errno, message.errno());
        }
        if let Ok(results) = OmniResults::decode(&message, asked_cpu) {
            prop_assert_eq!(results.cpu.is_some(), asked_cpu && results.errno == 0);
        }
        prop_assert!(passphrase_of(&message).len() < MESSAGE_LEN);
    }
}
