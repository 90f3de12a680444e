/* A C program as an operator might bring it; self-contained, so that the test needs clang and no headers. */

#define SEC(name) __attribute__((section(name), used))

struct frame {
	unsigned int data, data_end;
};

SEC("xdp") int pass_all(struct frame *frame)
{
	return 2; /* XDP_PASS */
}

/* Reads a byte that may not be there; the verifier must object. */
SEC("xdp") int out_of_bounds(struct frame *frame)
{
	return *(unsigned char *)(long)frame->data;
}

SEC("classifier") int classify(void *skb)
{
	return -1; /* TC_ACT_UNSPEC */
}

SEC("license") char LICENSE[] = "GPL";
