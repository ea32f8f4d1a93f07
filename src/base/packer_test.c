// SPDX-License-Identifier: Apache-2.0
#include "base/packer.h"

#include "base/testing.h"

static bl_status pack(bl_context *context) {
    bl_packer packer = {.context = context};
    bl_pack_u8(&packer, 1);
    bl_pack_be16(&packer, 0x0203);
    bl_pack_be32(&packer, 0x04050607);
    bl_pack_be64(&packer, 0x08090a0b0c0d0e0f);
    for (uint32_t i = 0; i < 5000; i++)
        bl_pack_bytes(&packer, "xyz", 3);
    bl_status status = bl_packer_check(&packer, "a test", NULL);
    if (status == BL_OK) {
        assert_int_equal(bl_packer_size(&packer), 15 + 15000);
        for (uint8_t i = 0; i < 15; i++)
            assert_int_equal(packer.buffer->data[i], i + 1);
        assert_memory_equal(packer.buffer->data + 15 + 14997, "xyz", 3);
    }
    bl_packer_release(&packer);
    return status;
}

static void test_pack(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    assert_ok(pack(context));
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack),
        test_each_allocation(pack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
