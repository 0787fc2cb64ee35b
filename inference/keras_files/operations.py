"""The operations that a model file may use: of keras.ops, of `tf.*`, and of TensorFlow's graph.

All of them compute numbers from numbers. What takes a function, reads a file or runs a program
is on no list.
"""

from __future__ import annotations

from typing import Final

from inference.keras_files.words import words

# Operations of keras.ops in a functional graph, by the module that each comes from. Those that
# take functions (Map, Scan, Cond, WhileLoop, …) are left out.
OPERATIONS: Final = {
    "numpy": words(
        """
        Abs Absolute Add All Amax Amin Any Append Arccos Arccosh Arcsin Arcsinh Arctan Arctan2
        Arctanh Argmax Argmin Argsort Average BroadcastTo Cbrt Ceil Clip Concatenate Copy Cos Cosh
        CountNonzero Cumprod Cumsum Deg2rad Diff Divide DivideNoNan Dot Dstack Einsum Equal Exp
        Exp2 ExpandDims Expm1 Fabs Flip Fliplr Flipud Floor FloorDivide Fmod FullLike GetItem
        Greater GreaterEqual Hstack Hypot Inner Isfinite Isinf Isnan Less LessEqual Log Log10 Log1p
        Log2 Logaddexp LogicalAnd LogicalNot LogicalOr LogicalXor Matmul Max Maximum Mean Median
        Min Minimum Mod Moveaxis Multiply NanToNum Nanmax Nanmean Nanmin Negative NotEqual OnesLike
        Outer Pad Percentile Power Prod Quantile Rad2deg Ravel Reciprocal Repeat Reshape Roll Rot90
        Round Select Sign Sin Sinc Sinh Size Sort Split Sqrt Square Squeeze Stack Std Subtract Sum
        Swapaxes Take TakeAlongAxis Tan Tanh Tensordot Tile Trace Transpose Tril Triu TrueDivide
        Trunc Var Vstack Where ZerosLike
        """
    ),
    "nn": words(
        """
        AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm Celu Conv ConvTranspose
        DepthToSpace DepthwiseConv DotProductAttention Elu Fold Gelu Glu HardShrink HardSigmoid
        HardSilu HardTanh LayerNorm LeakyRelu LogSigmoid LogSoftmax MaxPool Moments MultiHot
        Normalize OneHot RMSNorm Relu Relu6 Selu SeparableConv Sigmoid Silu SoftShrink Softmax
        Softplus Softsign SpaceToDepth SparsePlus SparseSigmoid Sparsemax Squareplus TanhShrink
        Threshold Unfold
        """
    ),
    "core": words(
        """
        Cast ConvertToTensor SaturateCast Scatter ScatterUpdate Slice SliceUpdate StopGradient
        Unstack
        """
    ),
    "math": words("Erf Erfc Erfinv Logsumexp Rsqrt TopK"),
    "image": words(
        """
        AffineTransform CropImages ExtractPatches GaussianBlur HSVToRGB MapCoordinates PadImages
        PerspectiveTransform RGBToGrayscale RGBToHSV Resize ScaleAndTranslate SobelEdges
        """
    ),
    "linalg": words("Norm"),
    "einops": words("Rearrange"),
}
OPERATION_MODULES: Final = frozenset(
    f"{root}ops.{part}" for root in ("keras.src.", "keras.") for part in OPERATIONS
) | {"keras.ops"}

# `tf.*` functions in a TFOpLambda of TensorFlow 2.4 to 2.15.
TF_FUNCTIONS: Final = words(
    """
    __operators__.add __operators__.eq __operators__.getitem __operators__.ne argsort broadcast_to
    cast clip_by_value compat.v1.depth_to_space compat.v1.expand_dims compat.v1.gather
    compat.v1.image.resize compat.v1.image.resize_bilinear compat.v1.image.resize_nearest_neighbor
    compat.v1.math.reduce_mean compat.v1.math.reduce_sum compat.v1.math.softmax
    compat.v1.nn.avg_pool compat.v1.nn.conv2d compat.v1.nn.depthwise_conv2d compat.v1.nn.max_pool
    compat.v1.nn.softmax compat.v1.pad compat.v1.shape compat.v1.size compat.v1.space_to_depth
    compat.v1.squeeze compat.v1.transpose concat convert_to_tensor einsum expand_dims fill gather
    gather_nd identity image.adjust_brightness image.adjust_contrast image.central_crop
    image.convert_image_dtype image.crop_to_bounding_box image.extract_patches
    image.flip_left_right image.grayscale_to_rgb image.hsv_to_rgb image.pad_to_bounding_box
    image.per_image_standardization image.resize image.resize_with_crop_or_pad
    image.resize_with_pad image.rgb_to_grayscale image.rgb_to_hsv image.sobel_edges
    linalg.band_part linalg.diag_part linalg.l2_normalize linalg.matmul linalg.norm
    linalg.transpose math.abs math.acos math.add math.argmax math.asin math.atan math.atan2
    math.bincount math.ceil math.cos math.cosh math.count_nonzero math.cumprod math.cumsum
    math.divide math.divide_no_nan math.equal math.erf math.exp math.floor math.floordiv
    math.floormod math.greater math.greater_equal math.is_finite math.is_inf math.is_nan
    math.l2_normalize math.less math.less_equal math.log math.log1p math.log_sigmoid
    math.logical_and math.logical_not math.logical_or math.maximum math.minimum math.mod
    math.multiply math.multiply_no_nan math.negative math.not_equal math.pow math.reciprocal
    math.reduce_all math.reduce_any math.reduce_euclidean_norm math.reduce_logsumexp
    math.reduce_max math.reduce_mean math.reduce_min math.reduce_prod math.reduce_std
    math.reduce_sum math.reduce_variance math.rint math.round math.rsqrt math.sigmoid math.sign
    math.sin math.sinh math.softplus math.softsign math.sqrt math.square math.squared_difference
    math.subtract math.tan math.tanh math.top_k math.truediv math.xdivy nn.atrous_conv2d
    nn.avg_pool nn.avg_pool1d nn.avg_pool2d nn.batch_normalization nn.bias_add nn.conv1d nn.conv2d
    nn.conv2d_transpose nn.conv3d nn.crelu nn.depth_to_space nn.depthwise_conv2d nn.elu nn.gelu
    nn.l2_normalize nn.leaky_relu nn.local_response_normalization nn.log_softmax nn.max_pool
    nn.max_pool1d nn.max_pool2d nn.moments nn.relu nn.relu6 nn.selu nn.separable_conv2d nn.sigmoid
    nn.silu nn.softmax nn.softplus nn.softsign nn.space_to_depth nn.swish nn.tanh nn.zero_fraction
    one_hot ones_like pad rank repeat reshape reverse roll shape slice sort split squeeze stack
    stop_gradient tensor_scatter_nd_update tensordot tile transpose unstack where zeros_like
    """
)

TF_OPERATIONS: Final = words(
    """
    Abs Add AddN AddV2 All Any ArgMax ArgMin AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3
    BatchToSpaceND BiasAdd BroadcastArgs BroadcastTo Cast Ceil ClipByValue Concat ConcatV2 Const
    Conv2D Conv2DBackpropInput Conv3D Cos Cumsum DepthToSpace DepthwiseConv2dNative Div DivNoNan
    Einsum Elu Equal Erf Exp ExpandDims Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2
    FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity IdentityN L2Loss LRN
    LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool
    MaxPoolV2 Maximum Mean Min Minimum MirrorPad Mod Mul MulNoNan Neg NoOp NotEqual OneHot OnesLike
    Pack Pad PadV2 Pow PreventGradient Prod Range Rank RealDiv Reciprocal Relu Relu6 Reshape
    ResizeBicubic ResizeBilinear ResizeNearestNeighbor ReverseV2 Rint Round Rsqrt Select SelectV2
    Selu Shape ShapeN Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToBatchND
    SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze StopGradient StridedSlice Sub
    Sum Tanh Tile TopKV2 Transpose Unpack Where Xdivy ZerosLike
    """
)
"""Operations of TensorFlow's graph that compute numbers from numbers."""

GRAPH_OPERATIONS: Final = TF_OPERATIONS | words(
    """
    AccumulateNV2 Acos Acosh AdjustContrastv2 AdjustHue AdjustSaturation ApproximateEqual Asin
    Asinh Assert AssignAddVariableOp AssignSubVariableOp AssignVariableOp Atan Atan2 Atanh
    AvgPool3D AvgPoolGrad BiasAddGrad Bincount Bitcast BitwiseAnd BitwiseOr BitwiseXor
    BroadcastGradientArgs Bucketize Case CheckNumerics CombinedNonMaxSuppression Complex
    ConcatOffset Conj ConjugateTranspose Conv2DBackpropFilter Conv3DBackpropFilterV2
    Conv3DBackpropInputV2 Cosh CropAndResize Cross CudnnRNN CudnnRNNBackpropV3 CudnnRNNV2
    CudnnRNNV3 Cumprod DecodeBase64 DecodeImage DecodeJpeg DecodePng DenseBincount
    DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Dequantize Diag DiagPart
    Digamma Dilation2D DisableCopyOnRead DynamicPartition DynamicStitch EluGrad EmptyTensorList
    EnsureShape Enter Erfc Erfcinv Erfinv EuclideanNorm Exit Expm1 ExtractImagePatches
    FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel
    FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3 HSVToRGB If Imag
    ImageProjectiveTransformV2 ImageProjectiveTransformV3 InTopKV2 Inv InvGrad Invert
    InvertPermutation IsFinite IsInf IsNan IteratorGetNext IteratorGetNextAsOptional
    IteratorGetNextSync LeakyReluGrad LeftShift Lgamma LinSpace LoopCond LowerBound MatrixBandPart
    MatrixDiag MatrixDiagV2 MatrixDiagV3 MatrixSetDiagV3 MaxPool3D MaxPoolGrad MaxPoolWithArgmax
    Merge MirrorPadGrad Multinomial NextIteration NonMaxSuppressionV2 NonMaxSuppressionV3
    NonMaxSuppressionV4 NonMaxSuppressionV5 NthElement OptionalFromValue OptionalGetValue
    OptionalHasValue OptionalNone ParallelConcat ParseExample ParseExampleV2 PartitionedCall
    Placeholder PlaceholderWithDefault QuantizeAndDequantizeV2 QuantizeAndDequantizeV3
    QuantizeAndDequantizeV4 QuantizeV2 RGBToHSV RandomShuffle RandomStandardNormal RandomUniform
    RandomUniformInt ReadVariableOp Real ReciprocalGrad Relu6Grad ReluGrad ResizeArea
    ResizeBicubicGrad ResizeBilinearGrad ResizeNearestNeighborGrad ResourceGather Reverse
    ReverseSequence RightShift RngReadAndSkip RngSkip Roll RsqrtGrad ScaleAndTranslate ScatterNd
    SegmentMax SegmentMean SegmentMin SegmentSum Select SeluGrad ShardedFilename SigmoidGrad Sinh
    Snapshot SoftmaxCrossEntropyWithLogits SoftplusGrad SoftsignGrad
    SparseSoftmaxCrossEntropyWithLogits SparseToDense SqrtGrad StatefulPartitionedCall
    StatefulUniform StatefulUniformFullInt StatelessCase StatelessIf StatelessMultinomial
    StatelessRandomGammaV2 StatelessRandomGetAlg StatelessRandomGetKeyCounter
    StatelessRandomGetKeyCounterAlg StatelessRandomNormal StatelessRandomNormalV2
    StatelessRandomUniform StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2
    StatelessRandomUniformInt StatelessRandomUniformIntV2 StatelessRandomUniformV2
    StatelessSampleDistortedBoundingBox StatelessShuffle StatelessTruncatedNormalV2 StatelessWhile
    StaticRegexFullMatch StridedSliceGrad StringJoin Switch SymbolicGradient Tan TanhGrad
    TensorListConcat TensorListConcatLists TensorListConcatV2 TensorListElementShape
    TensorListFromTensor TensorListGather TensorListGetItem TensorListLength TensorListPopBack
    TensorListPushBack TensorListReserve TensorListResize TensorListScatterIntoExistingList
    TensorListSetItem TensorListSplit TensorListStack TensorScatterAdd TensorScatterMax
    TensorScatterMin TensorScatterSub TensorScatterUpdate TensorStridedSliceUpdate TruncateDiv
    TruncateMod TruncatedNormal Unique UniqueV2 UnravelIndex UnsortedSegmentMax UnsortedSegmentMin
    UnsortedSegmentSum UpperBound VarHandleOp VarIsInitializedOp VariableV2 While Xlog1py Xlogy
    """
)
"""Operations that a SavedModel may hold: variables, calls, and gradients that some layers bring."""

SAVING_OPERATIONS: Final = words("MergeV2Checkpoints RestoreV2 SaveV2")
"""What saves and restores variables; it stands in functions that are not called here."""
